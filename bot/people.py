"""Who is who: one contact may have several accounts, and one relationship. Read from people.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator, ConfigDict, Field, field_validator

from bot.files import read_utf8
from bot.message import Account
from bot.validation import Document, Section, if_empty, wrong
from bot.workspace import write_private

STRANGER = "stranger"
RELATIONSHIPS: Mapping[str, str] = {
    "partner": "伴侣",
    "parent": "父母",
    "child": "孩子",
    "sibling": "兄弟姐妹",
    "elder": "长辈",
    "relative": "亲戚",
    "friend": "朋友",
    "classmate": "同学",
    "colleague": "同事",
    "teacher": "老师",
    "student": "学生",
    "acquaintance": "熟人",
    STRANGER: "陌生人",
}
"""The one list: English word (as stored) to Chinese word (as shown in a Chinese prompt)."""


@dataclass(frozen=True, slots=True)
class Contact:
    slug: str
    name: str
    relationship: str = STRANGER
    accounts: tuple[Account, ...] = ()
    left_out: bool = False  # nothing of theirs is learnt, measured, or shown to the avatar as its past
    speak_first: bool = False  # the avatar may write to them by itself


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Of what nothing may be used: accounts, and chats by their keys.

    names: what those people are called, for comparing; a letter tells no account of whom it is to.
    """

    accounts: frozenset[Account] = frozenset()
    chats: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


NOTHING_LEFT_OUT = LeftOut()


@dataclass(frozen=True, slots=True)
class People:
    """The contacts, the accounts that are the subject's own, and the chats that are left out, by their keys."""

    contacts: tuple[Contact, ...] = ()
    subject: tuple[Account, ...] = ()
    left_out_chats: tuple[str, ...] = ()
    _by_account: Mapping[Account, Contact] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(
        cls, contacts: tuple[Contact, ...], subject: tuple[Account, ...] = (), left_out_chats: tuple[str, ...] = ()
    ) -> "People":
        """Makes People from contacts. In the owner's web chat each has an account too, under the short name."""
        by_account = {account: contact for contact in contacts for account in contact.accounts}
        on_the_page = {Account("web", contact.slug): contact for contact in contacts}
        return cls(contacts, subject, left_out_chats, by_account | on_the_page)

    def having(self, contacts: tuple[Contact, ...]) -> "People":
        """The same with other contacts."""
        return People.of(contacts, self.subject, self.left_out_chats)

    def changing(self, changed: Contact) -> "People":
        """The same with one contact changed, whom the short name tells."""
        return self.having(tuple(changed if one.slug == changed.slug else one for one in self.contacts))

    def merging(self, stays: Contact, goes: Contact) -> "People":
        """The same with two contacts as one. Its relationship is that of who stays, if they have one."""
        merged = replace(
            stays,
            relationship=stays.relationship if stays.relationship != STRANGER else goes.relationship,
            accounts=(*stays.accounts, *goes.accounts),
            left_out=stays.left_out or goes.left_out,
        )
        return self.having(tuple(one for one in self.contacts if one.slug != goes.slug)).changing(merged)

    @property
    def left_out(self) -> LeftOut:
        without = [contact for contact in self.contacts if contact.left_out]
        accounts = (account for contact in without for account in contact.accounts)
        names = (name.casefold() for contact in without for name in (contact.slug, contact.name))
        return LeftOut(frozenset(accounts), frozenset(self.left_out_chats), frozenset(names))

    def is_on(self, platform: str, contact: Contact) -> bool:
        """Whether a contact has an account on a platform."""
        return any(account.platform == platform and one == contact for account, one in self._by_account.items())

    def find(self, account: Account) -> Contact | None:
        """The contact behind an account; None for a stranger."""
        return self._by_account.get(account)

    def accounts_behind(self, account: Account) -> frozenset[Account]:
        """The account, and those that are listed for whoever has it.

        Who is spoken as in the owner's web chat is found by that account, and is not that account: what the owner tries
        there under a contact's name is none of the contact's words.
        """
        contact = self.find(account)
        return frozenset((account, *(contact.accounts if contact else ())))

    def accounts_of(self, contact: Contact) -> frozenset[Account]:
        """Every account of a contact, that in the owner's web chat included."""
        return frozenset(account for account, one in self._by_account.items() if one.slug == contact.slug)


Ids = Annotated[tuple[str, ...], BeforeValidator(lambda given: given if isinstance(given, list) else [given])]
Accounts = Annotated[dict[str, Ids], if_empty({})]


class _Kept(Section):
    """Names and ids stay as they are, blanks included."""

    model_config = ConfigDict(str_strip_whitespace=False)


class _Subject(_Kept):
    accounts: Accounts = Field(default={}, description="ids by platform, such as `telegram: ['123']`")


class _Contact(_Subject):
    left_out: bool = Field(default=False, description="true: nothing of theirs is learnt, measured or remembered")
    speak_first: bool = Field(default=False, description="true: the avatar may write to them by itself")
    name: Annotated[str, if_empty("")] = Field(default="", description="what the contact is called")
    relationship: str = Field(default=STRANGER, description="one word for who the contact is")

    @field_validator("relationship")
    @classmethod
    def _in_the_list(cls, word: str) -> str:
        if word not in RELATIONSHIPS:
            raise wrong(f"{word!r} is not one of {', '.join(RELATIONSHIPS)}.")
        return word


class _File(_Kept):
    people: Annotated[dict[str, _Contact], if_empty({})] = Field(default={}, description="contacts by short name")
    left_out_chats: Annotated[tuple[str, ...], if_empty(())] = Field(
        default=(), description="chats of which nothing is used, as `telegram:-100123`"
    )
    subject: _Subject = Field(default=_Subject(), description="the accounts of the person who is simulated")


def load_people(path: Path) -> People:
    """Raises ConfigError with every mistake in the file, PassingError while it cannot be read.

    A missing file is nobody.
    """
    try:
        document = Document(read_utf8(path), str(path))
    except FileNotFoundError:
        return People.of(())
    file = document.read(_File)
    owners: dict[Account, str] = {}

    def accounts(of: _Subject, owner: str, *place: str) -> tuple[Account, ...]:
        found = []
        for platform, ids in of.accounts.items():
            for one in ids:
                account = Account(platform, one)
                if account in owners:
                    at = (*place, "accounts", platform)
                    document.problem(at, f"{one} already belongs to {owners[account]}.", at_key=True)
                owners[account] = owner
                found.append(account)
        return tuple(found)

    people = People()
    if file is not None:
        contacts = tuple(
            Contact(
                slug,
                one.name or slug,
                one.relationship,
                accounts(one, slug, "people", slug),
                one.left_out,
                one.speak_first,
            )
            for slug, one in file.people.items()
        )
        people = People.of(contacts, accounts(file.subject, "subject", "subject"), file.left_out_chats)
    document.finish()
    return people


def save_people(path: Path, people: People) -> None:
    """Writes the readable file, contacts in their order."""
    document: dict[str, Any] = {
        "subject": {"accounts": _by_platform(people.subject)},
        **({"left_out_chats": list(people.left_out_chats)} if people.left_out_chats else {}),
        "people": {
            contact.slug: {
                "name": contact.name,
                "relationship": contact.relationship,
                "accounts": _by_platform(contact.accounts),
                **({"left_out": True} if contact.left_out else {}),
                **({"speak_first": True} if contact.speak_first else {}),
            }
            for contact in people.contacts
        },
    }
    head = "# Who is who. relationship: one of " + ", ".join(RELATIONSHIPS) + ".\n"
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    write_private(path, (head + text).encode())


def _by_platform(accounts: tuple[Account, ...]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for account in accounts:
        grouped.setdefault(account.platform, []).append(account.id)
    return grouped
