"""What formats have in common that know people by their names alone."""

from collections.abc import Collection

from bot.message import ChatKind
from training.data.importers.base import ME_NAMES, ReadChat, named


def chat_of_names(
    key: str, platform: str, title: str, names: Collection[str], *, group: bool | None = None, me: str | None = None
) -> ReadChat:
    """Returns the chat in which these people wrote.

    group: whether the export says that it is one. Where it does not, a chat is private if one person wrote, or two of
    whom one is what the chat is called, or is called "me". me: the id of the account that made the export.
    """
    others = [name for name in names if name not in ME_NAMES]
    pair = len(names) <= 1 or (len(names) == 2 and (title in names or len(others) == 1))
    native = named(platform, title or (others[0] if others else "?")).id
    if group or (group is None and not pair):
        return ReadChat(key, platform, native, ChatKind.GROUP, title)
    if title not in names and len(others) == 1 and len(names) == 2:
        native = named(platform, others[0]).id  # what the file is called may be cut or changed
    own = next((name for name in names if name in ME_NAMES), None)
    if own is None and title in names:
        own = next((name for name in names if name != title), None)
    return ReadChat(key, platform, native, ChatKind.PRIVATE, title, me or (named(platform, own).id if own else None))
