"""What a Slack export tells beside the messages: who is who, and what channels there are."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.message import ChatKind
from training.data.importers.base import clean_name
from training.data.importers.jsonstream import Damaged, walk

_CHANNELS = {
    "channels.json": ChatKind.GROUP,
    "groups.json": ChatKind.GROUP,
    "mpims.json": ChatKind.GROUP,
    "dms.json": ChatKind.PRIVATE,
}


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, a group or, if it is private, a talk between two members."""

    id: str
    kind: ChatKind
    title: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SlackWorkspace:
    """names: of people by id. bots: ids. channels: by the name of their folder. owner: who exported, if that shows."""

    names: Mapping[str, str]
    bots: frozenset[str]
    channels: Mapping[str, Channel]
    owner: str | None


def workspace_of(folder: Path) -> SlackWorkspace:
    """Reads what lies in the export's folder. It is kept for the next day of the same export."""
    files = (folder / name for name in ("users.json", *_CHANNELS))
    stamps = [(file.stat().st_mtime_ns, file.stat().st_size) if file.is_file() else None for file in files]
    return _read(folder, tuple(stamps))


@lru_cache(maxsize=2)
def _read(folder: Path, _: tuple[tuple[int, int] | None, ...]) -> SlackWorkspace:
    names: dict[str, str] = {}
    bots: set[str] = {"USLACKBOT"}
    for user in _items(folder / "users.json"):
        native = clean_name(user.get("id"))
        names[native] = display_name(user)
        if user.get("is_bot") is True:
            bots.add(native)
    channels: dict[str, Channel] = {}
    for name, kind in _CHANNELS.items():
        for raw in _items(folder / name):
            native, title = clean_name(raw.get("id")), clean_name(raw.get("name"))
            told = raw.get("members")
            members = tuple(clean_name(one) for one in told) if isinstance(told, list) else ()
            called = ", ".join(filter(None, (names.get(one) for one in members))) if name == "mpims.json" else title
            if native:
                channels[title or native] = Channel(native, kind, clean_name(called), members)
    pairs = [set(one.members) for one in channels.values() if one.kind is ChatKind.PRIVATE]
    everywhere = set.intersection(*pairs) if len(pairs) > 1 else set()
    return SlackWorkspace(names, frozenset(bots), channels, everywhere.pop() if len(everywhere) == 1 else None)


def display_name(user: Mapping[str, Any]) -> str:
    """Returns the name that Slack shows for a user."""
    profile = user.get("profile")
    told = (profile if isinstance(profile, dict) else {}) | {"name": user.get("name"), "real": user.get("real_name")}
    keys = ("display_name", "real_name", "real", "name")
    return next((name for key in keys if (name := clean_name(told.get(key)))), "")


def _items(path: Path) -> Iterator[dict[str, Any]]:
    """Yields the objects of a list, as far as the file is whole; nothing where it is not there."""
    with suppress(Damaged, OSError), path.open("rb") as file:
        for node in walk(file, {"item"}):
            if node.kind == "item":
                yield node.value
