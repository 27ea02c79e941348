"""A workspace with everything in it, and an observer that remembers."""

import errno
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.consent import Consent, Role, Use, save_consent
from bot.message import Account
from bot.people import Contact, People, save_people
from bot.workspace import Workspace

CONFIG = """\
model: {lora: none}
platforms:
  web: {port: 0}
"""


@pytest.fixture(autouse=True)
def no_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tester's own machine holds must not matter."""
    for name in ("TELEGRAM", "DISCORD", "WEB", "SERVER"):
        monkeypatch.delenv(f"ECHOES_{name}_TOKEN", raising=False)
    for name in ("CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM"):
        monkeypatch.delenv(name, raising=False)


def read_fails(monkeypatch: pytest.MonkeyPatch, *failing: Path) -> None:
    """From now on these files cannot be opened, for want of file descriptors."""
    real = Path.read_text

    def read_text(self: Path, *args: Any, **options: Any) -> str:
        if self in failing:
            raise OSError(errno.EMFILE, "Too many open files", str(self))
        return real(self, *args, **options)

    monkeypatch.setattr(Path, "read_text", read_text)


def consent(**changes: object) -> Consent:
    agreed: dict[str, object] = {
        "by": "Mei Lin",
        "role": Role.SELF,
        "uses": (Use.TRAINING, Use.RUNNING),
        "given_at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        "until": date.today() + timedelta(days=30),
    }
    return Consent(**{**agreed, **changes})  # type: ignore[arg-type]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An avatar that may run: consent, a persona, one contact, the web chat on a free port."""
    root = tmp_path / "mei"
    root.mkdir(mode=0o700)
    place = Workspace(root)
    place.config.write_text(CONFIG, "utf-8")
    place.persona.write_text("name: Mei\nlanguage: en\n", "utf-8")
    contact = Contact("tom", "Tom", "friend", (Account("web", "tom"), Account("telegram", "7")))
    save_people(place.people, People.of((contact,)))
    save_consent(place.consent, consent())
    return place
