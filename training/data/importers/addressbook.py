"""Names out of an address book, for exports that know people by number or mail address alone.

It reads vCards (.vcf), and the database in which a Mac keeps its contacts (AddressBook-v22.abcddb).
"""

import quopri
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from bot.errors import DataError
from bot.message import ChatKind
from training.data.importers.base import Event, ReadChat, ReadMessage, ReadReaction, clean_name
from training.data.importers.database import is_database, opened
from training.data.importers.encoding import encoding_of

_LINE = re.compile(r"(?:[\w-]+\.)?(?P<name>FN|N|ORG|TEL|EMAIL|END)(?P<options>;[^:]*)?:(?P<value>.*)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)")
_TELLING = 7  # digits at the end of a number that are the same however it is written
_HAN = re.compile(r"[\u4e00-\u9fff]{1,3}")
_CONTACTS = (
    "SELECT r.Z_PK, r.ZFIRSTNAME, r.ZLASTNAME, r.ZORGANIZATION, a.address FROM ZABCDRECORD r JOIN ("
    "SELECT ZOWNER, ZFULLNUMBER AS address FROM ZABCDPHONENUMBER"
    " UNION ALL SELECT ZOWNER, ZADDRESS FROM ZABCDEMAILADDRESS) a ON a.ZOWNER = r.Z_PK WHERE a.address <> ''"
)


class Contact(NamedTuple):
    """Somebody's name, and a number or a mail address of theirs."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class AddressBook:
    """Contacts, by the end of their numbers or by their whole mail addresses."""

    contacts: dict[str, list[Contact]]

    @classmethod
    def read(cls, path: Path) -> "AddressBook":
        """Reads an address book. Raises DataError for a file that is none, or that holds nobody."""
        try:
            with path.open("rb") as file:
                head = file.read(16)
            found = _of_mac(path) if is_database(head) else _of_cards(path.read_text(encoding_of(path), "replace"))
            contacts: dict[str, list[Contact]] = {}
            for name, address in found:
                if name and (key := _key(address)):
                    contacts.setdefault(key, []).append(Contact(name, address.strip()))
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}.") from error
        except sqlite3.Error as error:
            raise DataError(f"{path} is a database, but not the Mac's address book: {error}.") from error
        if not contacts:
            raise DataError(
                f"{path} holds no contact with a number or a mail address: give a vCard (.vcf), or the file "
                "AddressBook-v22.abcddb out of ~/Library/Application Support/AddressBook/Sources."
            )
        return cls(contacts)

    def name_of(self, address: str) -> str:
        """Returns who a number or a mail address belongs to; "" where nobody is known, or people of several names."""
        from training.data.proposals.names import same_address  # phonenumbers take as long as all else at a start

        found = self.contacts.get(_key(address), ())
        names = {one.name for one in found if "@" in address or same_address(one.address, address)}
        return names.pop() if len(names) == 1 else ""


def with_names(events: Iterable[Event], book: AddressBook) -> Iterator[Event]:
    """Yields the same events, with names for people and private chats that are known by number or address alone."""
    name_of = cache(book.name_of)
    for event in events:
        match event:
            case ReadMessage() | ReadReaction() if event.sender_name in ("", event.sender.id):
                yield replace(event, sender_name=name_of(event.sender.id) or event.sender_name)
            case ReadChat(kind=ChatKind.PRIVATE, native_id=native, title=title) if title in ("", native):
                yield replace(event, title=name_of(native) or title)
            case _:
                yield event


def _key(address: str) -> str:
    if "@" in address:
        return address.strip().casefold()
    digits = re.sub(r"\D", "", address)
    return digits[-_TELLING:] if len(digits) >= _TELLING else ""


def _of_mac(path: Path) -> Iterator[Contact]:
    with opened(path) as db:
        for _, first, last, company, address in db.execute(_CONTACTS):
            yield Contact(_full(clean_name(first), clean_name(last)) or clean_name(company), str(address))


def _of_cards(text: str) -> Iterator[Contact]:
    """Yields the contacts of a file of vCards, of version 2.1 to 4.0."""
    unfolded = re.sub(r"=\r?\n(?==)", "", text)  # quoted-printable goes on behind a "="
    card: dict[str, list[str]] = {}
    for line in re.sub(r"\r?\n[ \t]", "", unfolded).splitlines():
        match = _LINE.fullmatch(line.strip())
        if match is None:
            continue
        kind = match["name"].upper()
        if kind != "END":
            card.setdefault(kind, []).append(_value(match["value"], (match["options"] or "").upper()))
            continue
        last, first, *_ = [*card.get("N", [""])[0].split(";"), "", ""]
        names = (*card.get("FN", ()), _full(first, last), *card.get("ORG", ()))
        name = next((name for one in names if (name := clean_name(one.replace(";", " ")))), "")
        yield from (
            Contact(name, address.removeprefix("tel:")) for address in card.get("TEL", []) + card.get("EMAIL", [])
        )
        card = {}


def _value(value: str, options: str) -> str:
    if "QUOTED-PRINTABLE" in options:
        return quopri.decodestring(value.encode("utf-8")).decode("utf-8", "replace")
    return _ESCAPED.sub(lambda match: " " if match[1] in "nN" else match[1], value)


def _full(first: str, last: str) -> str:
    """Returns the whole name: in Chinese the family name comes first, without a space."""
    if _HAN.fullmatch(first) and _HAN.fullmatch(last):
        return last + first
    return f"{first} {last}".strip()
