"""A workspace to import into, and short ways to write exports down."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any

import pytest

from bot.chat.attachments import spoken
from bot.media import MediaStore
from bot.message import Message
from bot.store.corpus import Corpus, CorpusChat
from training.data.importers import AddressBook, ImportReport, Options, find_files, import_paths

SHANGHAI = timezone(timedelta(hours=8))


class Desk:
    """Imports into one corpus, and shows what came of it."""

    def __init__(self, corpus: Corpus, store: MediaStore) -> None:
        self.corpus = corpus
        self.store = store

    def take(
        self, *paths: Path, me: str | None = None, zone: tzinfo | None = SHANGHAI, names: AddressBook | None = None
    ) -> ImportReport:
        return import_paths(self.corpus, self.store, find_files(paths), Options(zone, me, names=names))

    @property
    def chat(self) -> CorpusChat:
        """The only chat."""
        (chat,) = self.corpus.chats()
        return chat

    @property
    def messages(self) -> list[Message]:
        """Those of the only chat."""
        return list(self.corpus.messages(self.chat))

    @property
    def said(self) -> list[tuple[str, str]]:
        """Who said what in the only chat; placeholders in angle brackets."""
        return [
            (message.sender_name, spoken(message) or f"<{message.attachments[0].kind}>") for message in self.messages
        ]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Corpus.open(tmp_path / "workspace" / "corpus.sqlite") as corpus:
        yield Desk(corpus, MediaStore(tmp_path / "workspace" / "media"))
        assert corpus.db.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert not corpus.db.execute("PRAGMA foreign_key_check").fetchall(), "an import must write what fits together"


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes an export: JSON, or text, or bytes, under a name below the test's folder."""

    def write(content: object, name: str = "export/result.json", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_bytes(content.encode(encoding))
        else:
            path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding)
        return path

    return write


NOON = int(datetime(2024, 10, 4, 12, tzinfo=UTC).timestamp())
ANN, BEN = 777, 555


NAMES = {ANN: "Ann", BEN: "Ben", 888: "Cem"}


def telegram_message(
    number: int, text: object, who: int = ANN, *, name: str | None = "", **more: Any
) -> dict[str, Any]:
    """The message `number`, that many seconds after noon UTC. A value of None takes a key away."""
    message = {
        "id": number,
        "type": "message",
        "date": "2024-10-04T20:00:00",
        "date_unixtime": str(NOON + number),
        "from": NAMES.get(who, f"User {who}") if name == "" else name,
        "from_id": f"user{who}",
        "text": text,
        **more,
    }
    return {key: value for key, value in message.items() if value is not None}


def telegram_chat(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Ben's export of his chat with Ann."""
    return {"name": "Ann", "type": "personal_chat", "id": ANN, **more, "messages": list(messages)}
