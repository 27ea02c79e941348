"""WeFlow's export of Moments (朋友圈), in JSON: posts of everybody whom the exporting account sees."""

from collections.abc import Iterator
from typing import Any

from bot.message import Account
from bot.writing import WritingKind
from training.data.importers.base import Claim, Event, Format, Head, Sentence, Source, Truncated, clean, read_time
from training.data.importers.jsonstream import Damaged, walk
from training.data.importers.writings.days import day_at
from training.data.importers.written import BY_OTHERS, ReadWriting, SkippedWriting

NO_WORDS, NO_TIME, NO_SENDER = "no words", "no time", "no sender"

_PLATFORM = "wechat"
_KIND = WritingKind.POST
_POSTS = "posts.item"


def read(source: Source) -> Iterator[Event]:
    """Yields the subject's posts; those of others are counted."""
    with source.open() as file:
        try:
            for node in walk(file, {_POSTS}):
                if node.kind == "item":
                    yield _post(node.value, source)
        except Damaged as damage:
            yield Truncated(damage.sentence)


def _post(raw: dict[str, Any], source: Source) -> ReadWriting | SkippedWriting:
    author = Account(_PLATFORM, clean(raw.get("username")))
    if not author.id:
        return SkippedWriting(_KIND, NO_SENDER)
    if not source.own.wrote(author):
        return SkippedWriting(_KIND, BY_OTHERS)
    words = clean(raw.get("contentDesc"))
    if not words:
        return SkippedWriting(_KIND, NO_WORDS)
    moment = read_time(raw.get("createTime"), source.zone)
    if moment is None:
        return SkippedWriting(_KIND, NO_TIME)
    native = f"moment {clean(raw.get('id')) or f'{author.id} {moment.ms}'}"
    return ReadWriting(_KIND, words, native, True, author, day_at(moment.ms, source.zone), moment.ms)


def _sniff(head: Head) -> Claim:
    return Claim.CERTAIN if {"username", "createTime", "contentDesc"} <= head.keys_at(_POSTS) else Claim.NO


FORMAT = Format(
    "WeFlow Moments",
    _sniff,
    read,
    Sentence(
        "In WeFlow open Moments, choose the person, and export as JSON.",
        "在 WeFlow 里打开朋友圈，选中本人，导出为 JSON。",
    ),
)
