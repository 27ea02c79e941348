"""Discord, as DiscordChatExporter writes it: a JSON file for each channel or talk."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.message import Account, ChatKind
from training.data.importers.base import (
    CALL,
    EMPTY,
    NO_SENDER,
    NO_TIME,
    NOBODY_TOLD,
    SERVICE,
    UNKNOWN_KIND,
    Claim,
    Event,
    Format,
    Head,
    ReadChat,
    ReadMessage,
    ReadReaction,
    Sentence,
    Skipped,
    SkippedReactions,
    Source,
    Truncated,
    clean_name,
    read_time,
)
from training.data.importers.discord_text import PLATFORM, is_gif, plain, snowflake
from training.data.importers.filekinds import kind_of_file
from training.data.importers.jsonstream import Damaged, walk
from training.data.importers.reactions import put_on

_KEY = "chat"
_SPOKEN = ("Default", "Reply")
_DIRECT = "DirectTextChat"
_RICH = ("embeds", "poll", "forwardedMessage", "components")
"""Keys of what a message may consist of, beside words and files."""


@dataclass(slots=True)
class _Channel:
    """What is known of the channel so far. people: by id, all the names that each went by."""

    source: Source
    about: dict[str, str] = field(default_factory=dict)
    people: dict[str, dict[str, None]] = field(default_factory=dict)
    messages: int = 0


def read(source: Source) -> Iterator[Event]:
    """Yields the export's events."""
    channel = _Channel(source)
    with source.open() as file:
        try:
            for node in walk(file, {"messages.item"}):
                if node.kind == "item":
                    channel.messages += 1
                    message = _message(node.value, channel)
                    yield message
                    if isinstance(message, ReadMessage):
                        yield from _reactions(node.value)
                elif node.kind == "value":
                    channel.about[node.prefix] = clean_name(node.value)
        except Damaged as damage:
            yield Truncated(damage.sentence)
    if channel.messages:
        yield _chat(channel)


def _message(raw: dict[str, Any], channel: _Channel) -> ReadMessage | Skipped:
    kind = str(raw.get("type") or "Default")
    if kind not in _SPOKEN:
        return Skipped(_KEY, CALL if kind == "Call" else SERVICE)
    moment = read_time(raw.get("timestamp"), channel.source.zone)
    if moment is None:
        return Skipped(_KEY, NO_TIME)
    author = _dict(raw.get("author"))
    sender = snowflake(author.get("id"))
    if sender is None:
        return Skipped(_KEY, NO_SENDER)
    name = clean_name(author.get("nickname")) or clean_name(author.get("name"))
    forwarded = _dict(raw.get("forwardedMessage"))
    text, photos, placeholder = _content(forwarded or raw, raw)
    if not text and not photos and placeholder is None:
        return Skipped(_KEY, UNKNOWN_KIND if any(raw.get(key) for key in _RICH) else EMPTY)
    channel.people.setdefault(sender, {}).update(dict.fromkeys(filter(None, (name, clean_name(author.get("name"))))))
    native = snowflake(raw.get("id"))
    return ReadMessage(
        chat=_KEY,
        sender=Account(PLATFORM, sender),
        sender_name=name,
        sent_ms=moment.ms,
        position=int(native) if native else channel.messages,
        text=text,
        photos=photos,
        placeholder=placeholder,
        forwarded=bool(forwarded),
        native_id=native,
        reply_to=None if forwarded else snowflake(_dict(raw.get("reference")).get("messageId")),
        is_bot=author.get("isBot") is True,
        resolution_ms=moment.resolution_ms,
    )


def _reactions(raw: dict[str, Any]) -> Iterator[ReadReaction | SkippedReactions]:
    """Yields what was put on a message. When it was, is not told, and by whom only by newer exporters."""
    for one in _list(raw.get("reactions")):
        reaction = _dict(one)
        emoji, users = _dict(reaction.get("emoji")), [_dict(user) for user in _list(reaction.get("users"))]
        people = [
            (Account(PLATFORM, native), clean_name(user.get("nickname")) or clean_name(user.get("name")), None)
            for user in users
            if (native := snowflake(user.get("id"))) is not None
        ]
        yield from put_on(_KEY, None if emoji.get("id") else emoji.get("name"), people)
        count = reaction.get("count")
        if type(count) is int and count > len(people):
            yield SkippedReactions(_KEY, NOBODY_TOLD, count - len(people))


def _content(raw: dict[str, Any], whole: dict[str, Any]) -> tuple[str, tuple[str, ...], str | None]:
    """Returns a message's text, photos and placeholder. raw: the message, or the one that it passes on."""
    mentioned = [_dict(one) for one in _list(whole.get("mentions"))]
    names = {str(one.get("id")): clean_name(one.get("nickname")) or clean_name(one.get("name")) for one in mentioned}
    text = plain(raw.get("content"), names)
    if is_gif(text):
        return "", (), "animation"
    stickers = [_dict(one) for one in _list(raw.get("stickers"))]
    if stickers:
        place = str(stickers[0].get("sourceUrl") or "")
        if place and not place.startswith("http") and kind_of_file(place) == "photo":
            return text, (place,), "sticker"
        return text or clean_name(stickers[0].get("name")), (), "sticker"
    photos: list[str] = []
    placeholder: str | None = None
    for one in _list(raw.get("attachments")):
        file = _dict(one)
        kind = kind_of_file(str(file.get("fileName") or ""))
        if kind == "photo":
            photos.append(str(file.get("url") or ""))
        elif file:
            placeholder = kind
    return text, tuple(photos), placeholder


def _chat(channel: _Channel) -> ReadChat:
    about = channel.about
    name, native = about.get("channel.name", ""), snowflake(about.get("channel.id"))
    if about.get("channel.type") != _DIRECT:
        guild = "" if about.get("guild.id") in (None, "0") else about.get("guild.name", "")
        title = f"{guild} #{name}" if guild else name
        group = native or f"name:{title or clean_name(channel.source.path.stem)}"
        return ReadChat(_KEY, PLATFORM, group, ChatKind.GROUP, title, ids="everywhere")
    people, me = channel.people, channel.source.me
    called = next((one for one, names in people.items() if name in names and one != me), None)
    others = [one for one in sorted(people) if one != me]
    other = called or (
        others[0] if others and (len(people) > 1 or not name) else None
    )  # who never wrote has no id here
    owner = next((one for one in people if one != other), me if me != other else None)
    return ReadChat(_KEY, PLATFORM, other or f"name:{name or native}", ChatKind.PRIVATE, name, owner, "everywhere")


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _sniff(head: Head) -> Claim:
    return Claim.CERTAIN if {"guild", "channel"} <= head.keys_at("") else Claim.NO


FORMAT = Format(
    "DiscordChatExporter",
    _sniff,
    read,
    Sentence(
        "Export the channels and direct messages with DiscordChatExporter as JSON, with “Download assets” switched on "
        "for the photos. Import the folder.",
        "用 DiscordChatExporter 把频道和私信导出为 JSON，要图片就打开“Download assets”，然后导入该文件夹。",
    ),
)
