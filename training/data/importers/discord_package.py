"""The data package that Discord itself sends: what its owner wrote, a folder for each channel. Nobody else's words."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import Any

from bot.errors import DataError
from bot.message import Account, ChatKind
from training.data.importers.base import (
    EMPTY,
    NO_TIME,
    Claim,
    Event,
    Format,
    Head,
    ReadChat,
    ReadMessage,
    Sentence,
    Skipped,
    Source,
    Truncated,
    clean_name,
    read_time,
)
from training.data.importers.csvfile import rows_and_cut
from training.data.importers.discord_text import PLATFORM, is_gif, plain, snowflake
from training.data.importers.filekinds import kind_of_file
from training.data.importers.jsonstream import Damaged, walk

_KEY = "chat"
_COLUMNS = ("ID", "Timestamp", "Contents", "Attachments")
_DIRECT = ("1", "DM")
_WITH = "Direct Message with "


def read(source: Source) -> Iterator[Event]:
    """Yields the events of one channel. Raises DataError where nothing says whose package it is."""
    account = _values(_beside(source.path, "account/user.json"), ("id", "username", "global_name"))
    owner = snowflake(account.get("id")) or snowflake(source.me)
    if owner is None:
        raise DataError(
            f"{source.path} holds one person's messages and does not say whose: import the whole package, with the "
            "folder `account` in it, or give `--me` and their Discord id (a long number)."
        )
    name = clean_name(account.get("global_name")) or clean_name(account.get("username"))
    for number, row in enumerate(_rows(source), 1):
        yield row if isinstance(row, Truncated) else _message(row, owner, name, number)
    yield _chat(source.path, owner)


def _rows(source: Source) -> Iterator[Mapping[str, Any] | Truncated]:
    """Yields the messages, which older packages hold as a table."""
    if source.path.suffix.lower() == ".csv":
        for row in rows_and_cut(source):
            yield row if isinstance(row, Truncated) else {column: row[column] for column in _COLUMNS}
        return
    with source.open() as file:
        try:
            for node in walk(file, {"item"}):
                if node.kind == "item":
                    yield node.value
        except Damaged as damage:
            yield Truncated(damage.sentence)


def _message(row: Mapping[str, Any], owner: str, name: str, number: int) -> ReadMessage | Skipped:
    moment = read_time(row.get("Timestamp"), UTC)
    if moment is None:
        return Skipped(_KEY, NO_TIME)
    text = plain(row.get("Contents"), {owner: name})
    kinds = [kind_of_file(file.partition("?")[0]) for file in str(row.get("Attachments") or "").split()]
    placeholder = next(iter(kinds), None)
    if is_gif(text):
        text, placeholder = "", "animation"
    if not text and placeholder is None:
        return Skipped(_KEY, EMPTY)
    native = snowflake(row.get("ID"))
    return ReadMessage(
        chat=_KEY,
        sender=Account(PLATFORM, owner),
        sender_name=name,
        sent_ms=moment.ms,
        position=int(native) if native else number,
        text=text,
        placeholder=placeholder,
        native_id=native,
        resolution_ms=moment.resolution_ms,
    )


def _chat(path: Path, owner: str) -> ReadChat:
    about = _values(path.with_name("channel.json"), ("id", "type", "name", "guild.name", "recipients.item"))
    number = snowflake(about.get("id")) or snowflake(path.parent.name.lstrip("c")) or f"name:{path.parent.name or 'c'}"
    listed = clean_name(_values(path.parent.parent / "index.json", (number,)).get(number))
    others = [one for one in about.get("recipients.item", "").split() if one != owner]
    if about.get("type") in _DIRECT and len(others) == 1 and snowflake(others[0]):
        title = clean_name(listed.removeprefix(_WITH).rpartition("#")[0]) if listed.startswith(_WITH) else ""
        return ReadChat(_KEY, PLATFORM, others[0], ChatKind.PRIVATE, title, owner, "everywhere")
    name, guild = clean_name(about.get("name")), clean_name(about.get("guild.name"))
    return ReadChat(_KEY, PLATFORM, number, ChatKind.GROUP, f"{guild} #{name}" if guild else name, ids="everywhere")


def _values(path: Path, places: tuple[str, ...]) -> dict[str, str]:
    """Returns texts of a small JSON file by their places, as far as it is whole; those of a list in one text."""
    found: dict[str, str] = {}
    with suppress(Damaged, OSError), path.open("rb") as file:
        for node in walk(file, ()):
            if node.kind == "value" and node.prefix in places and node.value is not None:
                found[node.prefix] = f"{found.get(node.prefix, '')} {node.value}".strip()
    return found


def _beside(path: Path, name: str) -> Path:
    """Returns a file of the package's root, from a channel's messages. Newer packages begin folders with capitals."""
    root = path.parent.parent.parent
    folder, _, file = name.partition("/")
    return next((one for called in (folder, folder.title()) if (one := root / called / file).is_file()), root / name)


def _sniff(head: Head) -> Claim:
    told = {"ID", "Timestamp", "Contents"}
    return Claim.CERTAIN if told <= head.keys_at("item") or told <= head.columns else Claim.NO


FORMAT = Format(
    "Discord data package",
    _sniff,
    read,
    Sentence(
        "In Discord open User Settings, Data & Privacy, “Request all of my data”; the zip comes by e-mail after some "
        "days. It holds only what you wrote yourself: for talks with both sides use DiscordChatExporter.",
        "在 Discord 打开用户设置 › 数据与隐私 › “请求获取我的所有数据”，几天后邮件会寄来 zip。"
        "其中只有你自己写的消息；要有双方的对话，请用 DiscordChatExporter。",
    ),
)
