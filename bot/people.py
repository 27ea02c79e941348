"""Who is who: one contact may have several accounts, and one relationship. Read from people.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.errors import ConfigError
from bot.files import read_yaml
from bot.message import Account
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


@dataclass(frozen=True, slots=True)
class People:
    """The contacts, and the accounts that are the subject's own."""

    contacts: tuple[Contact, ...] = ()
    subject: tuple[Account, ...] = ()
    _by_account: Mapping[Account, Contact] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, contacts: tuple[Contact, ...], subject: tuple[Account, ...] = ()) -> "People":
        """Every contact can also be spoken as in the owner's web chat, there by the short name."""
        by_account = {account: contact for contact in contacts for account in contact.accounts}
        return cls(contacts, subject, by_account | {Account("web", contact.slug): contact for contact in contacts})

    def is_on(self, platform: str, contact: Contact) -> bool:
        """Whether a contact has an account on a platform."""
        return any(account.platform == platform and one == contact for account, one in self._by_account.items())

    def find(self, account: Account) -> Contact | None:
        """The contact behind an account; None for a stranger."""
        return self._by_account.get(account)


def load_people(path: Path) -> People:
    """Raises ConfigError with every mistake in the file, PassingError while it cannot be read.

    A missing file is nobody.
    """
    try:
        raw = read_yaml(path) or {}
    except FileNotFoundError:
        return People.of(())
    problems: list[str] = []
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: the file must hold `people:`, a list of contacts by short name.")
    entries = raw.get("people") or {}
    if not isinstance(entries, dict):
        raise ConfigError(f"{path}: people: must be contacts by short name.")
    problems += [
        f"{path}: {key}: unknown key (known: people, subject)." for key in raw if key not in ("people", "subject")
    ]
    owners: dict[Account, str] = {}
    contacts = tuple(
        _contact(str(slug), entry or {}, f"{path}: people.{slug}", owners, problems) for slug, entry in entries.items()
    )
    subject = _accounts((raw.get("subject") or {}).get("accounts"), f"{path}: subject", "subject", owners, problems)
    if problems:
        raise ConfigError(*problems)
    return People.of(contacts, subject)


def save_people(path: Path, people: People) -> None:
    """Writes the readable file, contacts in their order."""
    document: dict[str, Any] = {
        "subject": {"accounts": _by_platform(people.subject)},
        "people": {
            contact.slug: {
                "name": contact.name,
                "relationship": contact.relationship,
                "accounts": _by_platform(contact.accounts),
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


def _contact(slug: str, entry: Any, where: str, owners: dict[Account, str], problems: list[str]) -> Contact:
    if not isinstance(entry, dict):
        problems.append(f"{where}: must have a name, a relationship and accounts.")
        return Contact(slug, slug)
    problems.extend(
        f"{where}.{key}: unknown key (known: name, relationship, accounts)."
        for key in entry
        if key not in ("name", "relationship", "accounts")
    )
    relationship = str(entry.get("relationship", STRANGER))
    if relationship not in RELATIONSHIPS:
        problems.append(f"{where}.relationship: {relationship!r} is not one of {', '.join(RELATIONSHIPS)}.")
    accounts = _accounts(entry.get("accounts"), where, slug, owners, problems)
    return Contact(slug, str(entry.get("name", slug)), relationship, accounts)


def _accounts(raw: Any, where: str, owner: str, owners: dict[Account, str], problems: list[str]) -> tuple[Account, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, dict):
        problems.append(f"{where}.accounts: must be ids by platform, such as `telegram: ['123']`.")
        return ()
    accounts: list[Account] = []
    for platform, ids in raw.items():
        for value in ids if isinstance(ids, list) else [ids]:
            account = Account(str(platform), str(value))
            if account in owners:
                problems.append(f"{where}.accounts.{platform}: {value} already belongs to {owners[account]}.")
            owners[account] = owner
            accounts.append(account)
    return tuple(accounts)
