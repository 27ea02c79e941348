"""Counts what an import did."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from bot.writing import WritingKind
from training.data.importers.reactions import Reactions
from training.data.importers.shelving import Tally


@dataclass(slots=True)
class ChatReport:
    """The counts of one chat: read = kept + the sum of skipped."""

    platform: str
    native_id: str
    kind: str
    title: str
    read: int = 0
    kept: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        return {
            "platform": self.platform,
            "id": self.native_id,
            "kind": self.kind,
            "title": self.title,
            "read": self.read,
            "kept": self.kept,
            "skipped": dict(self.skipped.most_common()),
        }


@dataclass(frozen=True, slots=True)
class FileReport:
    """A file that was imported. notes: sentences about it, such as that it is cut off."""

    path: str
    format: str
    read: int
    kept: int
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "format": self.format,
            "read": self.read,
            "kept": self.kept,
            "notes": list(self.notes),
        }


@dataclass(slots=True)
class ImportReport:
    """The counts and sentences of one import.

    problems: sentences about files that could not be imported. hints: about those that were left alone until somebody
    says more, beside files that were imported. format_problems: sentences about other packages' formats
    that cannot be used; they do not keep a file from being imported by another format. texts_left: of the other files,
    those that may be a diary or letters, if somebody says so. reactions: what was put on messages, which is none.
    """

    chats: dict[int, ChatReport] = field(default_factory=dict)  # by row in the corpus; others below 0
    files: list[FileReport] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    format_problems: list[str] = field(default_factory=list)
    writings: dict[WritingKind, Tally] = field(default_factory=dict)
    other_files: int = 0
    texts_left: int = 0
    photos: int = 0
    photos_left_out: Counter[str] = field(default_factory=Counter)
    sounds: int = 0
    moving: int = 0
    playing_left_out: Counter[str] = field(default_factory=Counter)
    reactions: Reactions = field(default_factory=Reactions)

    @property
    def read(self) -> int:
        return sum(one.read for one in self._counts)

    @property
    def kept(self) -> int:
        return sum(one.kept for one in self._counts)

    @property
    def skipped(self) -> Counter[str]:
        return sum((one.skipped for one in self._counts), Counter[str]())

    @property
    def _counts(self) -> list[ChatReport | Tally]:
        return [*self.chats.values(), *self.writings.values()]

    def as_json(self) -> dict[str, Any]:
        return {
            "read": self.read,
            "kept": self.kept,
            "skipped": dict(self.skipped.most_common()),
            "chats": [chat.as_json() for chat in sorted(self.chats.values(), key=lambda chat: -chat.read)],
            "writings": {
                kind.value: {"read": one.read, "kept": one.kept, "skipped": dict(one.skipped.most_common())}
                for kind, one in self.writings.items()
            },
            "files": [file.as_json() for file in self.files],
            "photos": {"kept": self.photos, "left_out": dict(self.photos_left_out.most_common())},
            "playing": {
                "sounds": self.sounds,
                "with_frames": self.moving,
                "left_out": dict(self.playing_left_out.most_common()),
            },
            "reactions": {
                "kept": self.reactions.kept,
                "left_out": dict(self.reactions.left_out.most_common()),
            },
            "other_files": self.other_files,
            "problems": self.problems,
            "hints": self.hints,
            "format_problems": self.format_problems,
        }
