"""Recognises exports that no format reads, so that the refusal can name who wrote them and what to do instead."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from training.data.importers.base import Head


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An export that is not read. name: as people know it. instead: what to do, as a sentence.

    It is known by keys that stand, or do not stand, at one place of a JSON file, by the file's first bytes, or by what
    is found in its text. common: people send each other such files, too.
    """

    name: str
    instead: str
    place: str = ""
    keys: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    start: bytes = b""
    within: bytes = b""
    text: str = ""
    common: bool = False

    def fits(self, head: Head) -> bool:
        """Says whether this is the beginning of such a file."""
        if self.keys:
            found = head.keys_at(self.place)
            return found >= self.keys and not found & self.without
        if self.start and not head.data.startswith(self.start):
            return False
        if self.within and self.within not in head.data:
            return False
        return re.search(self.text, head.text) is not None if self.text else bool(self.start)


_CONVERT = "Bring it into ChatLab's format, which can be imported."
_SPREADSHEET = "Export the chat as CSV instead, or open the table and save it as “CSV UTF-8”."
_MESSENGER_JSON = "Ask for the download once more, in the format JSON instead of HTML."
_UNREADABLE: tuple[Unreadable, ...] = (
    Unreadable("VK", _CONVERT, "messages.item", frozenset(("from_id", "peer_id"))),
    Unreadable("VK", _CONVERT, text=r"<div class=\"message__header\""),
    Unreadable("Skype", _CONVERT, "conversations.item", frozenset(("MessageList",))),
    Unreadable("X (Twitter)", _CONVERT, text=r"\Awindow\.YTD\.direct_message"),
    Unreadable("Snapchat", _CONVERT, "", frozenset(("Received Saved Chat History",))),
    Unreadable("Viber", _CONVERT, text=r"\A\d\d/\d\d/\d{4},\d\d:\d\d:\d\d,[^,\n]*,\+?\d*,"),
    Unreadable("LINE on a computer", "It does not tell names from words: export the chat from the phone.",
               text=r"\A\d{4}\.\d\d\.\d\d \S+\s*\n\d\d:\d\d [^\t\n]+\n"),
    Unreadable("tdl", "It does not say who wrote: export the chat with Telegram Desktop, as “Machine-readable JSON”.",
               "messages.item", frozenset(("id", "type", "file", "date", "text")), frozenset(("from", "from_id"))),
    Unreadable("QQ (web page)", "In QQ's message manager export the chat as a text file (*.txt) instead.",
               within=b"Save by Tencent MsgMgr", start=b"From:"),
    Unreadable("MemoTrace or WeFlow (web page)", "Export the chats as CSV with MemoTrace, or as JSON with WeFlow.",
               text=r"(?i)<html[\s\S]*(?:wechatmsg|memotrace|留痕|weflow)"),
    Unreadable("Messenger or Instagram (web page)", _MESSENGER_JSON, text=r"<html[\s\S]*class=\"[^\"]*_a6-[gp]"),
    Unreadable("an office program (xlsx)", _SPREADSHEET, start=b"PK\x03\x04", within=b"xl/work",
               common=True),
    Unreadable("a spreadsheet program (xls)", _SPREADSHEET, start=b"\xd0\xcf\x11\xe0", common=True),
    Unreadable("a program that keeps its chats in a database", "Export the chats with that program, or with a tool "
               "made for it, and import what it writes.", start=b"SQLite format 3\0", common=True),
)  # fmt: skip


def unreadable(head: Head, among: Iterable[Unreadable] = _UNREADABLE) -> Unreadable | None:
    """Returns what this export is that is not read; None if it is none that is known."""
    return next((one for one in among if one.fits(head)), None)
