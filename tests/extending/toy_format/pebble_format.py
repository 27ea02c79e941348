"""Pebble: one chat in a text file, one message a line: time, sender's id, sender's name, kind, text."""

import io
from collections.abc import Iterator

from bot.message import Account, ChatKind
from training.data.importers.base import (
    NO_TIME,
    SERVICE,
    Claim,
    Event,
    Format,
    Head,
    ReadChat,
    ReadMessage,
    Sentence,
    Skipped,
    Source,
    clean,
    clean_name,
    read_time,
)

PLATFORM = "pebble"
FIRST_LINE = "Pebble export\t"  # then the group's id and its title


def sniff(head: Head) -> Claim:
    return Claim.CERTAIN if head.text.startswith(FIRST_LINE) else Claim.NO


def read(source: Source) -> Iterator[Event]:
    with io.TextIOWrapper(source.open(), "utf-8", errors="replace") as lines:
        _, group, title = next(lines).split("\t")
        yield ReadChat(group, PLATFORM, group, ChatKind.GROUP, clean_name(title), ids="everywhere")
        for number, line in enumerate(lines, 1):
            yield message(group, number, line, source)


def message(group: str, number: int, line: str, source: Source) -> Event:
    time, sender, name, kind, text = line.split("\t", 4)
    moment = read_time(time, source.zone)
    if kind == "joined":
        return Skipped(group, SERVICE)
    if moment is None:
        return Skipped(group, NO_TIME)
    return ReadMessage(
        chat=group,
        sender=Account(PLATFORM, sender),
        sender_name=clean_name(name),
        sent_ms=moment.ms,
        position=number,
        text=clean(text) if kind == "text" else "",
        photos=(clean(text),) if kind == "photo" else (),
        placeholder="voice" if kind == "voice" else None,
        native_id=str(number),
        resolution_ms=moment.resolution_ms,
    )


FORMAT = Format(
    "Pebble",
    sniff,
    read,
    Sentence(
        "In Pebble hold a group, choose “Save as text”, and import the file.",
        "在 Pebble 中长按群聊，选“保存为文本”，然后导入文件。",
    ),
)
