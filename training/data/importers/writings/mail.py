"""E-mail: mailboxes (mbox) and single mails (eml). Of what the subject wrote only their own words are kept."""

import email
import hashlib
import re
from collections.abc import Iterator
from datetime import date
from email.errors import MessageError
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from bot.message import Account
from bot.writing import Addressee, WritingKind
from training.data.importers.base import LATEST_MS, Claim, Event, Format, Head, Sentence, Source, clean, clean_name
from training.data.importers.writings.mailbox import is_mailbox, mails
from training.data.importers.writings.mailparts import header, headers, text, words
from training.data.importers.writings.prose import running
from training.data.importers.writings.reply import own_lines
from training.data.importers.written import BY_OTHERS, EMAIL, Own, ReadWriting, SkippedWriting

NOBODY, AUTOMATIC, NO_WORDS, DAMAGED = "no sender", "automatic reply", "no words of their own", "damaged mail"

_KIND = WritingKind.EMAIL
_MOST_ADDRESSEES = 50
_HEAD = 1 << 15  # bytes in which a mail shows its headers
_BROKEN = (
    MessageError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
    OverflowError,
)
"""What Python's own reader of mails raises for some damaged ones."""

_ANSWER = re.compile(
    r"\s*(?:(?:re|fwd?|aw|wg|sv|tr|antw|回复|回覆|答复|转发|轉寄)\s*(?:\[\d+\])?\s*[:：]\s*)+", re.IGNORECASE
)
_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]*:[ \t\r]|[A-Za-z][A-Za-z0-9-]*:\n")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'@]+@[^\s<>()\[\],;:\"'@]+")
_FROM = re.compile(rb"^From:", re.MULTILINE | re.IGNORECASE)
_OF_MAIL = re.compile(rb"^(?:Message-ID|MIME-Version|Received|Return-Path|Delivered-To|Subject|To):", re.M | re.I)
_NO_MAIL = b"Save by Tencent MsgMgr"


def read(source: Source) -> Iterator[Event]:
    """Yields the mails that the subject wrote; the others are counted without being read."""
    with source.open() as file:
        for raw in mails(file):
            if raw.strip():
                yield _event(raw, source)


def _event(raw: bytes, source: Source) -> ReadWriting | SkippedWriting:
    try:
        mail = email.message_from_bytes(raw)
        author = _author(mail)
        if author is None:
            return SkippedWriting(_KIND, NOBODY)
        if not source.own.wrote(author):
            return SkippedWriting(_KIND, BY_OTHERS)
        if _is_automatic(mail):
            return SkippedWriting(_KIND, AUTOMATIC)
        said = clean(running(own_lines(text(mail))))
        if not said:
            return SkippedWriting(_KIND, NO_WORDS)
        day, at_ms = _time(mail)
        title = clean_name(_ANSWER.sub("", header(mail, "Subject"), count=1))
        to = _addressees(mail, source.own)
        return ReadWriting(_KIND, said, _name(mail, raw), True, author, day, at_ms, title, to)
    except _BROKEN:
        return SkippedWriting(_KIND, DAMAGED)


def _author(mail: Message) -> Account | None:
    return next((one.account for one in _people(mail, "From") if one.account), None)


def _addressees(mail: Message, own: Own) -> tuple[Addressee, ...]:
    """Those whom it went to, but for the writer."""
    found = [one for name in ("To", "Cc", "Bcc") for one in _people(mail, name)]
    return tuple(one for one in found if one.account and not own.wrote(one.account))[:_MOST_ADDRESSEES]


def _people(mail: Message, name: str) -> Iterator[Addressee]:
    values = headers(mail, name)
    found = getaddresses(values)
    if not any("@" in address for _, address in found):  # a broken header
        found = [("", address) for value in values for address in _ADDRESS.findall(value)]
    for said, address in found:
        address = clean_name(words(address)).casefold()
        if "@" in address:
            yield Addressee(clean_name(words(said)), Account(EMAIL, address))


def _time(mail: Message) -> tuple[date | None, int | None]:
    """Returns the day, where the writer was, and the moment; both None where the mail tells no time that can be."""
    try:
        sent = parsedate_to_datetime(str(mail.get("Date", "")))
        ms = round(sent.timestamp() * 1000)
    except (ValueError, TypeError, OverflowError, IndexError, OSError):
        return None, None
    return (sent.date(), ms) if 0 < ms < LATEST_MS else (None, None)


def _name(mail: Message, raw: bytes) -> str:
    """Returns its Message-ID; where it has none, a hash of all of it."""
    return clean_name(header(mail, "Message-ID")).strip("<>") or hashlib.sha256(raw).hexdigest()


def _is_automatic(mail: Message) -> bool:
    submitted = str(mail.get("Auto-Submitted", "no")).strip().lower()
    answering = str(mail.get("Precedence", "")).strip().lower() == "auto_reply"
    return submitted != "no" or answering or "X-Autoreply" in mail or "X-Autorespond" in mail


def _sniff(head: Head) -> Claim:
    data = head.data.removeprefix(b"\xef\xbb\xbf")
    if is_mailbox(data):
        data = data.partition(b"\n")[2]
    first = data[:_HEAD].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    if not _HEADER.match(first) or _NO_MAIL in first:
        return Claim.NO
    return Claim.CERTAIN if _FROM.search(first) and _OF_MAIL.search(first) else Claim.NO


FORMAT = Format(
    "e-mail (mbox, eml)",
    _sniff,
    read,
    Sentence(
        "Save the folder of sent mail as mbox, or mails as .eml (Thunderbird and Apple Mail: Save as; Gmail: "
        "takeout.google.com, Mail), and import it with --me and the person's address. Only what they wrote is kept.",
        "把“已发送”文件夹存成 mbox，或把邮件存成 .eml（Thunderbird、Apple Mail 另存为；Gmail 用 takeout.google.com "
        "导出邮件），用 --me 给出本人的邮箱地址来导入。只保留本人写的。",
    ),
)
