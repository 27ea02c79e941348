"""What formats have in common that know people by their names alone."""

from collections.abc import Collection

from bot.message import ChatKind
from training.data.importers.base import ME_NAMES, ReadChat, named


def chat_of_names(
    key: str, platform: str, title: str, names: Collection[str], *, group: bool | None = None, me: str | None = None
) -> ReadChat:
    """Returns the chat in which these people wrote.

    group: whether the export says that it is one. Where it does not, a chat is private if one person wrote, or two of
    whom one is what the chat is called, or the account that made the export. me: the id or name of that account; where
    the export calls it "me" that is its id, else it counts if it is one of the names.
    """
    others = [name for name in names if name not in ME_NAMES]
    told = next((name for name in others if me is not None and name.casefold() == me.casefold()), None)
    pair = len(names) <= 1 or (len(names) == 2 and (title in names or len(others) == 1 or told is not None))
    if group or (group is None and not pair):
        return ReadChat(key, platform, named(platform, title or next(iter(others), "?")).id, ChatKind.GROUP, title)
    if told is not None and len(names) <= 2:
        other = next((name for name in others if name != told), title if title != told else "?")
        return ReadChat(key, platform, named(platform, other).id, ChatKind.PRIVATE, other, named(platform, told).id)
    native = title or next(iter(others), "?")
    if title not in names and len(others) == 1 and len(names) == 2:
        native = others[0]  # what the file is called may be cut or changed
    own = next((name for name in names if name in ME_NAMES), None)
    if own is None and title in names:
        own = next((name for name in names if name != title), None)
    owner = None if own is None else me if me and own in ME_NAMES else named(platform, own).id
    return ReadChat(key, platform, named(platform, native).id, ChatKind.PRIVATE, title, owner)
