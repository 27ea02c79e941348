"""A Discord message as the daemon sees it. Pure: no network, no clock."""

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath

import discord

from bot.media import MAX_BYTES
from bot.message import PHOTO, REACTION, STICKER, Account, Attachment, Chat, ChatKind, Message

PLATFORM = "discord"
_SPOKEN = (
    discord.MessageType.default,
    discord.MessageType.reply,
)  # all others are the system's, or answers to commands
_PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"}
_MARKUP = re.compile(
    r"<(?:@!?(?P<user>\d+)|@&(?P<role>\d+)|#(?P<channel>\d+)"
    r"|a?:(?P<emoji>\w{1,64}):\d+|/(?P<command>[^:<>]{1,120}):\d+|t:(?P<time>-?\d{1,13})(?::[a-zA-Z])?)>"
)


def to_message(message: discord.Message, me: discord.abc.User) -> Message | None:
    """Converts a message; None for the avatar's own, the system's, and empty ones."""
    if message.author.id == me.id or message.type not in _SPOKEN:
        return None
    words = [message.content, *(snapshot.content for snapshot in message.message_snapshots)]  # those are forwarded
    text = "\n".join(_readable(part, message) for part in words if part.strip())
    forwarded = [one for snapshot in message.message_snapshots for one in snapshot.attachments]
    attachments = [_attachment(one) for one in (*message.attachments, *forwarded)]
    attachments += [_sticker(one) for one in message.stickers]
    if message.poll is not None:
        attachments.append(Attachment("poll", words=message.poll.question))
    if not text and not attachments:
        return None
    spoken_to = _spoken_to(message)
    roles = {role.id for role in message.role_mentions}
    mine = _roles_of(me, message.guild)
    return Message(
        chat=chat_of(message),
        id=str(message.id),
        sender=Account(PLATFORM, str(message.author.id)),
        sender_name=message.author.display_name,
        sent_at=message.created_at,
        text=text,
        attachments=tuple(attachments),
        reply_to=_reply_to(message),
        addressed=me.id in spoken_to or bool(roles & mine),
        addressed_other=bool(spoken_to - {me.id} or roles - mine),
        from_bot=message.author.bot or message.webhook_id is not None,
        forwarded=bool(message.message_snapshots),
    )


def to_reaction(event: discord.RawReactionActionEvent, me: discord.abc.User, at: datetime) -> Message | None:
    """Converts what somebody put on a message, or took from it; None for the avatar's own, and for what is no emoji."""
    if event.user_id == me.id or event.emoji.id is not None or not event.emoji.name:
        return None
    kind = ChatKind.PRIVATE if event.guild_id is None else ChatKind.GROUP
    return Message(
        chat=Chat(PLATFORM, str(event.channel_id), kind),
        id="",
        sender=Account(PLATFORM, str(event.user_id)),
        sender_name=event.member.display_name if event.member is not None else "",
        sent_at=at,
        attachments=(Attachment(REACTION, words=event.emoji.name),),
        reply_to=str(event.message_id),
        from_bot=event.member is not None and event.member.bot,
    )


def chat_of(message: discord.Message) -> Chat:
    """Names the chat: a direct message is private; each channel or thread of a server is a group."""
    channel, number = message.channel, str(message.channel.id)
    if message.guild is None:
        return Chat(PLATFORM, number, ChatKind.PRIVATE)
    if isinstance(channel, discord.PartialMessageable | discord.DMChannel):  # its name is not known
        return Chat(PLATFORM, number, ChatKind.GROUP, message.guild.name)
    return Chat(PLATFORM, number, ChatKind.GROUP, f"{message.guild.name} #{channel.name}")


def _is_picture(attachment: discord.Attachment) -> bool:
    if attachment.content_type is None:
        return PurePosixPath(attachment.filename).suffix.lower() in _PICTURES
    return attachment.content_type.startswith("image/") and "svg" not in attachment.content_type


def _attachment(attachment: discord.Attachment) -> Attachment:
    fits = attachment.size <= MAX_BYTES
    if _is_picture(attachment):
        return Attachment(PHOTO, attachment.url)
    if attachment.is_voice_message():
        seconds = round(attachment.duration) if attachment.duration else None
        return Attachment("voice", attachment.url if fits else "", seconds=seconds)
    family = (attachment.content_type or "").split("/")[0]
    if family == "image":  # in vectors
        return Attachment(PHOTO, digest="")
    if family == "video":
        return Attachment("video", attachment.url if fits else "")
    return Attachment("audio" if family == "audio" else "file")


def _sticker(sticker: discord.StickerItem) -> Attachment:
    """One of pictures is looked at; of an animation in vectors only its name can be read."""
    if sticker.format is discord.StickerFormatType.lottie:
        return Attachment(STICKER, words=f"[{sticker.name}]")
    return Attachment(STICKER, sticker.url)


def _reply_to(message: discord.Message) -> str | None:
    if message.type is not discord.MessageType.reply or message.reference is None:
        return None
    return str(message.reference.message_id) if message.reference.message_id else None


def _spoken_to(message: discord.Message) -> set[int]:
    """Ids of the accounts it mentions or replies to; everybody at once is nobody."""
    ids = {user.id for user in message.mentions}
    if message.type is discord.MessageType.reply and message.reference is not None:
        replied = message.reference.resolved
        if isinstance(replied, discord.Message):
            ids.add(replied.author.id)
    return ids


def _roles_of(me: discord.abc.User, guild: discord.Guild | None) -> set[int]:
    member = guild.get_member(me.id) if guild is not None else None
    return {role.id for role in member.roles} if member is not None else set()


def _readable(content: str, message: discord.Message) -> str:
    """Markup as a person reads it: <@1> is @name, <:wave:1> is :wave:."""
    people = {user.id: user.display_name for user in message.mentions}
    guild = message.guild

    def name(found: re.Match[str]) -> str:
        if found["user"]:
            return "@" + people.get(int(found["user"]), "unknown")
        if found["role"]:
            role = guild.get_role(int(found["role"])) if guild is not None else None
            return "@" + (role.name if role is not None else "unknown")
        if found["channel"]:
            channel = guild.get_channel_or_thread(int(found["channel"])) if guild is not None else None
            return "#" + (channel.name if channel is not None else "unknown")
        if found["emoji"]:
            return f":{found['emoji']}:"
        if found["command"]:
            return f"/{found['command']}"
        try:
            return f"{datetime.fromtimestamp(int(found['time']), UTC):%Y-%m-%d %H:%M} UTC"
        except (ValueError, OverflowError, OSError):
            return found[0]

    return _MARKUP.sub(name, content).strip()
