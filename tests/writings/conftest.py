"""A corpus to import writings into, and mails as mail programs write them."""

from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from bot.media import MediaStore
from bot.message import Account
from bot.store.corpus import Corpus
from bot.store.writings import writings
from bot.writing import Writing, WritingKind
from training.data.importers import ImportReport, Options, find_files, import_paths

MEI = "mei@example.org"
SUBJECT = (Account("email", MEI), Account("wechat", "wxid_mei"), Account("instagram", "name:Mei Tan"))


class Shelf:
    """Imports into one corpus, and shows what was kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.corpus = Corpus.open(folder / "workspace" / "corpus.sqlite")
        self.media = MediaStore(folder / "workspace" / "media")

    def write(self, content: str | bytes, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def take(self, *paths: Path, **said: Any) -> ImportReport:
        options = Options(UTC, **{"subject": SUBJECT, **said})
        return import_paths(self.corpus, self.media, find_files(paths), options)

    def diary(self, content: str | bytes, name: str = "diary.txt", **said: Any) -> ImportReport:
        return self.take(self.write(content, name), said_to_be=WritingKind.DIARY, **said)

    @property
    def kept(self) -> list[Writing]:
        return writings(self.corpus)

    @property
    def pages(self) -> list[tuple[str, str]]:
        """The day and the text of each."""
        return [(str(one.day or ""), one.text) for one in self.kept]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.corpus.close()


def mail(
    text: str | bytes,
    *more: str,
    number: int = 1,
    sender: str = f"Mei Tan <{MEI}>",
    to: str = "Ann Lee <ann@example.org>",
    subject: str = "the keys",
    date: str = "Sat, 06 May 2023 18:05:00 +0800",
    kind: str = "text/plain; charset=utf-8",
) -> bytes:
    """A mail; more: further headers."""
    head = [
        f"From: {sender}", f"To: {to}", f"Subject: {subject}", f"Date: {date}", f"Message-ID: <{number}@example.org>",
        "MIME-Version: 1.0", f"Content-Type: {kind}", "Content-Transfer-Encoding: 8bit", *more,
    ]  # fmt: skip
    body = text.encode() if isinstance(text, str) else text
    return "\n".join(head).encode() + b"\n\n" + body + b"\n"


def mailbox(*mails: bytes) -> bytes:
    return b"".join(b"From mei@example.org Sat May  6 10:05:00 2023\n" + one + b"\n" for one in mails)


Letters = Callable[..., bytes]
