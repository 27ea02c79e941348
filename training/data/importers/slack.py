"""Slack: an export's folder or zip, with a folder for each channel and a JSON file for each of its days."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.message import Account, ChatKind
from training.data.importers.base import (
    CALL,
    EMPTY,
    NO_SENDER,
    NO_TIME,
    NOBODY_TOLD,
    NOTES,
    RECALLED,
    SERVICE,
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
    clean,
    clean_name,
    read_time,
)
from training.data.importers.jsonstream import Damaged, walk
from training.data.importers.reactions import put_on
from training.data.importers.slack_emoji import emoji_of
from training.data.importers.slack_workspace import Channel, SlackWorkspace, display_name, workspace_of

PLATFORM = "slack"

_SPOKEN = frozenset(
    ("", "bot_message", "file_comment", "file_share", "me_message", "reply_broadcast", "slackbot_response",
     "thread_broadcast")
)  # fmt: skip
_REASONS = {
    "tombstone": RECALLED, "message_deleted": RECALLED, "huddle_thread": CALL, "sh_room_created": CALL
}  # fmt: skip
_MARKUP = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")
_STAMP = re.compile(r"\d{1,10}\.\d{1,6}")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_CODES = re.compile(r"[0-9a-f]{2,6}(?:-[0-9a-f]{2,6}){0,9}")


def read(source: Source) -> Iterator[Event]:
    """Yields the events of one channel's day."""
    folder = source.path.parent
    workspace = workspace_of(folder.parent)
    channel = workspace.channels.get(folder.name) or _unknown(clean_name(folder.name))
    with source.open() as file:
        try:
            for node in walk(file, {"item"}):
                if node.kind == "item":
                    message = _message(node.value, channel, workspace, source)
                    yield message
                    if isinstance(message, ReadMessage):
                        yield from _reactions(node.value, channel, workspace)
        except Damaged as damage:
            yield Truncated(damage.sentence)
    yield _chat(channel, workspace, source.me)


def _unknown(name: str) -> Channel:
    return Channel(f"name:{name or PLATFORM}", ChatKind.GROUP, name, ())


def _message(raw: dict[str, Any], channel: Channel, workspace: SlackWorkspace, source: Source) -> ReadMessage | Skipped:
    subtype = str(raw.get("subtype") or "")
    if subtype not in _SPOKEN or raw.get("hidden") is True:
        return Skipped(channel.id, _REASONS.get(subtype, SERVICE))
    if channel.kind is ChatKind.PRIVATE and len(set(channel.members)) == 1:
        return Skipped(channel.id, NOTES)
    native = _stamp(raw.get("ts"))
    moment = read_time(native, source.zone)
    if native is None or moment is None:
        return Skipped(channel.id, NO_TIME)
    sender, name = _sender(raw, workspace)
    if not sender:
        return Skipped(channel.id, NO_SENDER)
    answered = _stamp(raw.get("thread_ts"))
    text, photos, placeholder, forwarded = _content(raw, workspace)
    if not text and not photos and placeholder is None:
        return Skipped(channel.id, EMPTY)
    return ReadMessage(
        chat=channel.id,
        sender=Account(PLATFORM, sender),
        sender_name=name,
        sent_ms=moment.ms,
        position=int(native.replace(".", "")),
        text=text,
        photos=photos,
        placeholder=placeholder,
        forwarded=forwarded,
        native_id=native,
        reply_to=answered if answered != native else None,
        is_bot=subtype in ("bot_message", "slackbot_response") or sender in workspace.bots or "bot_profile" in raw,
    )


def _reactions(
    raw: Mapping[str, Any], channel: Channel, workspace: SlackWorkspace
) -> Iterator[ReadReaction | SkippedReactions]:
    """Yields what was put on a message. When it was, is not told."""
    for reaction in _list(raw.get("reactions")):
        if not isinstance(reaction, dict):
            continue
        ids = [native for user in _list(reaction.get("users")) if (native := clean_name(user))]
        people = [(Account(PLATFORM, native), workspace.names.get(native, ""), None) for native in ids]
        yield from put_on(channel.id, emoji_of(reaction.get("name")), people)
        count = reaction.get("count")
        if type(count) is int and count > len(people):
            yield SkippedReactions(channel.id, NOBODY_TOLD, count - len(people))


def _stamp(value: object) -> str | None:
    """Returns a message's time, which is its id in the channel, too."""
    return value if isinstance(value, str) and _STAMP.fullmatch(value) else None


def _sender(raw: Mapping[str, Any], workspace: SlackWorkspace) -> tuple[str, str]:
    comment, profile = raw.get("comment"), raw.get("user_profile")
    user = raw.get("user") or (comment.get("user") if isinstance(comment, dict) else None)
    if isinstance(user, str) and (native := clean_name(user)):
        told = display_name({"profile": profile, "name": profile.get("name")}) if isinstance(profile, dict) else ""
        return native, workspace.names.get(native) or told
    bot = raw.get("bot_profile")
    name = clean_name(raw.get("username") or (bot.get("name") if isinstance(bot, dict) else ""))
    return clean_name(raw.get("bot_id")) or (f"name:{name}" if name else ""), name


def _content(raw: Mapping[str, Any], workspace: SlackWorkspace) -> tuple[str, tuple[str, ...], str | None, bool]:
    """Returns a message's text, photos and placeholder, and whether it passes on somebody else's."""
    text = raw.get("text")
    comment, old_file = raw.get("comment"), raw.get("file")
    if isinstance(comment, dict):
        text = comment.get("comment")
    elif isinstance(old_file, dict):  # once the text told that a file was uploaded, and the words stood beside it
        initial = old_file.get("initial_comment")
        text = initial.get("comment") if isinstance(initial, dict) else ""
    words = _plain(text, _emoji(raw.get("blocks")), workspace)
    forwarded = False
    attachments = [one for one in _list(raw.get("attachments")) if isinstance(one, dict)]
    if not words:
        shared = next((one for one in attachments if one.get("is_share") is True), None)
        told = shared.get("text") if shared else next((one.get("fallback") for one in attachments), None)
        words, forwarded = _plain(told, {}, workspace), bool(shared)
    photos: list[str] = []
    placeholder: str | None = None
    for file in (*_list(raw.get("files")), *([old_file] if isinstance(old_file, dict) and comment is None else [])):
        if not isinstance(file, dict) or file.get("mode") == "tombstone":
            continue
        kind = str(file.get("mimetype") or "").partition("/")[0]
        if kind == "image":
            photos.append(f"attachments/{file.get('id')}-{file.get('name')}")  # where tools that fetch files put them
        elif file.get("subtype") == "slack_audio":
            placeholder = "voice"
        else:
            placeholder = kind if kind in ("audio", "video") else "file"
    return words, tuple(photos), placeholder, forwarded


def _plain(value: object, emoji: Mapping[str, str], workspace: SlackWorkspace) -> str:
    """Returns a text as it was typed, with names in the place of ids."""
    if not isinstance(value, str):
        return ""

    def shown(match: re.Match[str]) -> str:
        sign, target, label = match[1], match[2], match[3]
        if sign == "@":
            return "@" + (workspace.names.get(target) or label or target)
        if sign == "#":
            called = next((one.title for one in workspace.channels.values() if one.id == target), "")
            return "#" + (label or called or target)
        if sign == "!":
            return label or ("@" + target if not target.startswith("date") else "")
        return label or target.removeprefix("mailto:")

    text = _MARKUP.sub(shown, value)
    if emoji:
        names = "|".join(map(re.escape, emoji))
        text = re.sub(rf":({names}):(?::skin-tone-\d:)?", lambda match: emoji[match[1]], text)
    for written, letter in _ENTITIES:
        text = text.replace(written, letter)
    return clean(text)


def _emoji(blocks: object) -> dict[str, str]:
    """Returns the emoji of a message by the names that its text has them under."""
    found: dict[str, str] = {}
    pending = _list(blocks)
    while pending:
        one = pending.pop()
        if not isinstance(one, dict):
            continue
        name, codes = one.get("name"), one.get("unicode")
        if one.get("type") == "emoji" and isinstance(name, str) and isinstance(codes, str) and _CODES.fullmatch(codes):
            numbers = [int(code, 16) for code in codes.split("-")]
            if max(numbers) <= 0x10FFFF:
                found[name] = "".join(map(chr, numbers))
        pending += _list(one.get("elements"))
    return found


def _list(value: object) -> list[Any]:
    return list(value) if isinstance(value, list) else []


def _chat(channel: Channel, workspace: SlackWorkspace, me: str | None) -> ReadChat:
    if channel.kind is ChatKind.GROUP:
        return ReadChat(channel.id, PLATFORM, channel.id, ChatKind.GROUP, channel.title, ids="chat")
    members = sorted(set(channel.members)) or [f"name:{channel.id}"]
    own = next((one for one in members if me and me in (one, workspace.names.get(one))), workspace.owner)
    owner = own if own in members else members[-1]
    other = next((one for one in members if one != owner), members[0])
    title = workspace.names.get(other, "")
    return ReadChat(channel.id, PLATFORM, other, ChatKind.PRIVATE, title, owner if owner != other else None, "chat")


def _sniff(head: Head) -> Claim:
    keys = head.keys_at("item")
    return Claim.CERTAIN if {"ts", "type"} <= keys and keys & {"user", "bot_id", "subtype"} else Claim.NO


FORMAT = Format(
    "Slack",
    _sniff,
    read,
    Sentence(
        "An owner of the workspace opens “Tools & settings”, “Workspace settings”, “Import/Export data” and exports. "
        "Import the zip as it is. Private talk is in it only if the workspace's plan allows that.",
        "由工作区所有者打开“工具和设置”›“工作区设置”›“导入/导出数据”并导出。直接导入 zip。"
        "私聊只有在工作区的方案允许时才在其中。",
    ),
)
