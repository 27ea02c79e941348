"""The folder that holds one avatar: what was imported, who is who, what was trained, what was said."""

import os
from dataclasses import dataclass
from pathlib import Path

from bot.errors import UsageError

MARKER = "config.yaml"
PERSONALITY = "personality.yaml"


@dataclass(frozen=True, slots=True)
class Workspace:
    root: Path

    @property
    def config(self) -> Path:
        return self.root / MARKER

    @property
    def persona(self) -> Path:
        return self.root / "persona.yaml"

    @property
    def people(self) -> Path:
        return self.root / "people.yaml"

    @property
    def questionnaire(self) -> Path:
        return self.root / "questionnaire.yaml"

    @property
    def personality(self) -> Path:
        """The answers to the IPIP-NEO-120; beside persona.yaml, for they are a part of the persona."""
        return self.root / PERSONALITY

    @property
    def consent(self) -> Path:
        return self.root / "consent.json"

    @property
    def corpus(self) -> Path:
        return self.root / "corpus.sqlite"

    @property
    def journal(self) -> Path:
        return self.root / "journal.sqlite"

    @property
    def memory(self) -> Path:
        """What the owner wrote down to be remembered, and what is never to be."""
        return self.root / "memory.yaml"

    @property
    def released(self) -> Path:
        """How the person writes to people of a relationship, as others may see it."""
        return self.root / "released.yaml"

    @property
    def memory_index(self) -> Path:
        """Where earlier words stand; made from corpus and journal, and made anew where it is deleted."""
        return self.root / "memory.sqlite"

    @property
    def media(self) -> Path:
        return self.root / "media"

    @property
    def received(self) -> Path:
        """Photos sent to the avatar: apart from the corpus's, so that /forget and retention can delete them."""
        return self.root / "received"

    @property
    def stickers(self) -> Path:
        """Pictures named by their emoji, which the avatar may send; there where the owner made the folder."""
        return self.root / "stickers"

    @property
    def hearing(self) -> Path:
        """Where a model to hear with is fetched to, if it is named by its name."""
        return self.root / "hearing"

    @property
    def loras(self) -> Path:
        return self.root / "loras"

    @classmethod
    def open(cls, root: Path) -> "Workspace":
        """Raises UsageError where the folder is not a workspace."""
        if not (root / MARKER).is_file():
            raise UsageError(f"{root} is not an Echoes workspace (no {MARKER} in it): run `echoes init {root}` first.")
        return cls(root.resolve())


def private_dir(path: Path) -> Path:
    """Makes a folder that only its owner can open."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def write_private(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all, readable by its owner only. An OSError names the file."""
    part = path.with_name(f".{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
