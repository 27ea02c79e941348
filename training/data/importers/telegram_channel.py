"""Channels of Telegram: what the person posts in one of their own is written to nobody in particular, as posts are."""

from msgspec import UNSET

from bot.message import Account
from bot.writing import WritingKind
from training.data.importers.base import SERVICE, Source, clean_name, read_time
from training.data.importers.telegram_message import RawMessage, content
from training.data.importers.writings.days import day_at
from training.data.importers.written import BY_OTHERS, ReadWriting, SkippedWriting

CHANNEL_TYPES = ("private_channel", "public_channel")
CHANNEL = "in a channel"
"""The reason for which posts are left out of a channel that nobody has said is the person's own."""

NO_WORDS, NO_TIME, PASSED_ON = "no words", "no time", "passed on"
SIGNED = "signed with a name that --me does not tell"
_KIND = WritingKind.POST


def post(raw: RawMessage, channel: Account, sender: Account | None, source: Source) -> ReadWriting | SkippedWriting:
    """Returns a post of a channel that is the person's own: only what they may have written themselves.

    sender: whom the export tells; the channel, or one of its admins. Where posts are signed, as several admins do, the
    person's are those with the name that --me tells.
    """
    reason = _not_theirs(raw, channel, sender, source)
    if reason is not None:
        return SkippedWriting(_KIND, reason)
    words, _, _ = content(raw)
    if not words:
        return SkippedWriting(_KIND, NO_WORDS)
    moment = read_time(raw.date_unixtime, source.zone) or read_time(raw.date, source.zone)
    if moment is None:
        return SkippedWriting(_KIND, NO_TIME)
    native = f"{channel.id} {clean_name(raw.id) or moment.ms}"
    return ReadWriting(_KIND, words, native, True, channel, day_at(moment.ms, source.zone), moment.ms)


def _not_theirs(raw: RawMessage, channel: Account, sender: Account | None, source: Source) -> str | None:
    if raw.type != "message":
        return SERVICE
    if raw.forwarded_from is not UNSET or raw.via_bot is not UNSET:
        return PASSED_ON
    if sender is None or not (sender == channel or source.own.is_said(sender)):
        return BY_OTHERS
    signature = clean_name(raw.author)
    if signature and signature.casefold() != (source.me or "").strip().casefold():
        return SIGNED
    return None
