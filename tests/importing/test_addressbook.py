"""An address book tells the names behind numbers and mail addresses, and makes none up."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import DataError
from tests.importing.conftest import Desk, Write
from training.data.importers.addressbook import AddressBook

CARDS = """BEGIN:VCARD\r
VERSION:3.0\r
N:Lee;Ann;;;\r
FN:Ann Lee\r
item1.TEL;type=CELL:0170 123 45-67\r
EMAIL;type=INTERNET:Ann@Example.org\r
NOTE:TEL;\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:2.1\r
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E5=BC=A0;=E4=BC=9F;;;\r
TEL;CELL:+86 138 0013 8000\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:4.0\r
FN:Dr. Eva\\, the dent\r
 ist\r
TEL;VALUE=uri:tel:+1-415-555-2671\r
END:VCARD\r
BEGIN:VCARD\r
FN:Mum\r
TEL:+49 30 1234567\r
END:VCARD\r
BEGIN:VCARD\r
FN:Dad\r
TEL:+49 30 1234567\r
END:VCARD\r
"""


@pytest.fixture
def cards(write: Write) -> Path:
    return write(CARDS, "contacts.vcf")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("+491701234567", "Ann Lee"),
        ("ann@example.org", "Ann Lee"),
        ("+8613800138000", "张伟"),
        ("(415) 555-2671", "Dr. Eva, the dentist"),
        ("+493012345678", ""),  # more digits
        ("+49301234567", ""),  # of two people
        ("+3313800138000", ""),  # of another country
        ("1234567", ""),
        ("chat99", ""),
        ("", ""),
    ],
)
def test_cards_of_all_versions(cards: Path, address: str, name: str) -> None:
    assert AddressBook.read(cards).name_of(address) == name


def address_book(path: Path) -> Path:
    """The database of a Mac's contacts, as far as it is read."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "CREATE TABLE ZABCDRECORD (Z_PK INTEGER PRIMARY KEY, ZFIRSTNAME, ZLASTNAME, ZORGANIZATION);"
            "CREATE TABLE ZABCDPHONENUMBER (Z_PK INTEGER PRIMARY KEY, ZOWNER INTEGER, ZFULLNUMBER);"
            "CREATE TABLE ZABCDEMAILADDRESS (Z_PK INTEGER PRIMARY KEY, ZOWNER INTEGER, ZADDRESS);"
            "INSERT INTO ZABCDRECORD VALUES (1, 'Ann', 'Lee', NULL), (2, '伟', '张', NULL), (3, NULL, NULL, 'Bakery');"
            "INSERT INTO ZABCDPHONENUMBER VALUES (1, 1, '+49 170 1234567'), (2, 3, '030 7654321'), (3, 2, NULL);"
            "INSERT INTO ZABCDEMAILADDRESS VALUES (1, 2, 'wei@example.org');"
        )
    return path


def test_the_contacts_of_a_mac(tmp_path: Path) -> None:
    book = AddressBook.read(address_book(tmp_path / "AddressBook-v22.abcddb"))
    told = {address: book.name_of(address) for address in ("+491701234567", "wei@example.org", "+49307654321")}
    assert list(told.values()) == ["Ann Lee", "张伟", "Bakery"]


def test_what_is_no_address_book_is_refused_in_a_sentence(write: Write, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as db:
        db.execute("CREATE TABLE t (x)")
    for path, words in (
        (write("hello", "a.vcf"), "holds no contact"),
        (tmp_path / "other.db", "not the Mac's address book"),
        (tmp_path / "gone.vcf", "cannot be read"),
    ):
        with pytest.raises(DataError, match=words):
            AddressBook.read(path)


MESSAGES = """<?xml version="1.0" encoding="UTF-8"?>
<smses count="2">
  <sms address="+491701234567" date="1728043200000" type="1" body="are you there?" contact_name="(Unknown)" />
  <sms address="+491701234567" date="1728043260000" type="2" body="nearly" contact_name="(Unknown)" />
</smses>"""


def test_text_messages_get_names(desk: Desk, cards: Path, write: Write) -> None:
    desk.take(write(MESSAGES, "sms.xml"), me="+49170999", names=AddressBook.read(cards))
    assert desk.chat.title == "Ann Lee"
    assert desk.said[0] == ("Ann Lee", "are you there?")


def test_names_come_to_what_was_imported_without(desk: Desk, cards: Path, write: Write) -> None:
    path = write(MESSAGES, "sms.xml")
    desk.take(path, me="+49170999")
    assert desk.said[0] == ("", "are you there?")
    report = desk.take(path, me="+49170999", names=AddressBook.read(cards))
    assert (report.kept, dict(report.skipped)) == (0, {"already in the corpus": 2})
    assert desk.said == [("Ann Lee", "are you there?"), ("", "nearly")]
    assert desk.chat.title == "Ann Lee"
