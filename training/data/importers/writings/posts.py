"""Posts of Instagram and Facebook, as a download of one's information has them: all by whoever made the download."""

from collections.abc import Iterator
from datetime import tzinfo
from functools import partial
from typing import Any

from bot.message import Account
from bot.writing import WritingKind
from training.data.importers.base import (
    Claim,
    Event,
    Format,
    Head,
    Sentence,
    Source,
    Truncated,
    clean,
    named,
    read_time,
)
from training.data.importers.jsonstream import Damaged, walk
from training.data.importers.messenger_words import mended
from training.data.importers.writings.days import day_at
from training.data.importers.written import BY_OTHERS, ReadWriting, SkippedWriting

NO_WORDS, NO_TIME = "no words", "no time"

_KIND = WritingKind.POST
_INSTAGRAM = frozenset(
    ("item", "ig_reels_media.item", "ig_archived_post_media.item", "ig_stories.item", "ig_igtv_media.item")
)
"""Where Instagram's files hold posts, reels, archived posts, stories and videos."""


def _posts(source: Source, platform: str, places: frozenset[str]) -> Iterator[Event]:
    author = named(platform, source.me) if source.me else Account(platform, "")
    own = source.own.wrote(author)
    names: set[str] = set()
    with source.open() as file:
        try:
            for node in walk(file, places):
                if node.kind == "item":
                    yield _post(node.value, author, source.zone, names) if own else SkippedWriting(_KIND, BY_OTHERS)
        except Damaged as damage:
            yield Truncated(damage.sentence)


def _post(raw: dict[str, Any], author: Account, zone: tzinfo | None, names: set[str]) -> ReadWriting | SkippedWriting:
    """names: those of the posts before it; two of one moment are two posts."""
    words = clean(mended(_facebook_words(raw) or _instagram_words(raw)))
    if not words:
        return SkippedWriting(_KIND, NO_WORDS)
    media = _list(raw.get("media"))
    times = (raw.get("timestamp"), raw.get("creation_timestamp"), *(one.get("creation_timestamp") for one in media))
    moment = next((found for one in times if one and (found := read_time(one, zone)) is not None), None)
    if moment is None:
        return SkippedWriting(_KIND, NO_TIME)
    native = f"{author.id} {moment.ms}"
    while native in names:
        native += "+"
    names.add(native)
    return ReadWriting(_KIND, words, native, True, author, day_at(moment.ms, zone), moment.ms)


def _facebook_words(raw: dict[str, Any]) -> str:
    said = [one["post"] for one in _list(raw.get("data")) if isinstance(one.get("post"), str)]
    return "\n".join(said)


def _instagram_words(raw: dict[str, Any]) -> str:
    """Returns the words under a post of several pictures, which stand beside them, or under the only picture."""
    titles = [raw.get("title"), *(one.get("title") for one in _list(raw.get("media"))[:1])]
    return next((one for one in titles if isinstance(one, str) and one.strip() and "data" not in raw), "")


def _list(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _sniff_instagram(head: Head) -> Claim:
    for place in _INSTAGRAM:
        at = head.keys_at(place)
        pictures = head.keys_at(f"{place}.media.item") if "media" in at else at if place != "item" else frozenset[str]()
        if {"uri", "creation_timestamp"} <= pictures and "data" not in at:
            return Claim.CERTAIN
    return Claim.NO


def _sniff_facebook(head: Head) -> Claim:
    return Claim.CERTAIN if "timestamp" in head.keys_at("item") and _is_facebook(head) else Claim.NO


def _is_facebook(head: Head) -> bool:
    return "post" in head.keys_at("item.data.item") or "update_timestamp" in head.keys_at("item.data.item")


_HOW = Sentence(
    "In Meta's Accounts Center open “Your information and permissions”, then “Export your information”; choose the "
    "account, posts, all time, and JSON. Import the zip, or the folder it is unpacked into, with --me and the person's "
    "name there.",
    "在 Meta 账户中心打开“你的信息和权限”›“导出你的信息”，选择账户、帖子、全部时间，格式选 JSON；"
    "然后用 --me 给出本人在那里的名字，导入得到的 zip 或解压后的文件夹。",
)

INSTAGRAM = Format("Instagram posts", _sniff_instagram, partial(_posts, platform="instagram", places=_INSTAGRAM), _HOW)
FACEBOOK = Format(
    "Facebook posts", _sniff_facebook, partial(_posts, platform="facebook", places=frozenset(("item",))), _HOW
)
