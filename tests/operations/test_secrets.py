"""Where tokens come from."""

import stat
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.secrets import Secret, Secrets, load_secrets, with_kept
from bot.workspace import Workspace

KNOWN = (Secret("telegram_token"), Secret("discord_token"), Secret("web_token", kept=True))


def web_token(workspace: Workspace, given: Secrets) -> str:
    return with_kept(workspace, given, KNOWN).need("web_token")


def test_tokens_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECHOES_TELEGRAM_TOKEN", " 123:abc\n")
    monkeypatch.setenv("ECHOES_DISCORD_TOKEN", "")
    secrets = load_secrets(KNOWN)
    assert secrets.need("telegram_token") == "123:abc"
    assert secrets.get("discord_token") is None
    assert "123:abc" not in repr(secrets) and "123:abc" not in str(secrets)


def test_a_systemd_credential_goes_before_the_environment(tmp_path: Path) -> None:
    (tmp_path / "telegram_token").write_text("123:credential\n", "utf-8")
    given = {
        "CREDENTIALS_DIRECTORY": str(tmp_path),
        "ECHOES_TELEGRAM_TOKEN": "123:env",
        "ECHOES_DISCORD_TOKEN": "d.e.f",
    }
    secrets = load_secrets(KNOWN, given)
    assert secrets.need("telegram_token") == "123:credential"
    assert secrets.need("discord_token") == "d.e.f"


def test_a_missing_token_says_how_to_give_it() -> None:
    with pytest.raises(ConfigError, match="set ECHOES_TELEGRAM_TOKEN, or give systemd the credential telegram_token"):
        load_secrets(KNOWN, {}).need("telegram_token")


def test_all_bad_tokens_are_named_at_once_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "web_token").write_bytes(b"\xff\xfe")
    environment = {
        "CREDENTIALS_DIRECTORY": str(tmp_path),
        "ECHOES_TELEGRAM_TOKEN": "CHANGE-ME",
        "ECHOES_DISCORD_TOKEN": "abc def",
    }
    with pytest.raises(ConfigError) as caught:
        load_secrets(KNOWN, environment)
    first, second, third = caught.value.problems
    assert first == "ECHOES_TELEGRAM_TOKEN still holds a sample value: put the real token there."
    assert second.startswith("ECHOES_DISCORD_TOKEN holds more than one token") and "abc" not in second
    assert third.startswith("The systemd credential web_token is no text in UTF-8")


def test_the_web_chats_token_is_made_once_and_kept_for_its_owner(workspace: Workspace) -> None:
    token = web_token(workspace, Secrets())
    assert len(token) >= 32
    assert web_token(workspace, Secrets()) == token
    assert stat.S_IMODE((workspace.root / "web_token").stat().st_mode) == 0o600
    assert web_token(workspace, Secrets({"web_token": "given"})) == "given"


def test_an_emptied_web_token_is_made_anew(workspace: Workspace) -> None:
    (workspace.root / "web_token").write_text("\n", "utf-8")
    assert len(web_token(workspace, Secrets())) >= 32
