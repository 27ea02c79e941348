"""Whose words a LoRA was made from, as its record tells it: without a name, and so that one can look up one's own."""

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.message import Account
from training.data.dialogues import Dialogue

_KEY = "sources"


@dataclass(frozen=True, slots=True)
class Sources:
    """digest: of every dialogue that was learnt or measured by. senders: of everybody who wrote in the chats they are
    from, each hashed with the salt (SHA-256), so that who knows an account can look it up and nobody can read it off.
    """

    digest: str
    salt: str
    senders: tuple[str, ...]

    @classmethod
    def of(cls, dialogues: Iterable[Dialogue], senders: Iterable[Account]) -> "Sources":
        """senders: of the chats that the dialogues are from."""
        digest = hashlib.sha256()
        for dialogue in dialogues:
            digest.update(repr(dialogue).encode())
        salt = secrets.token_hex(16)
        return cls(digest.hexdigest(), salt, tuple(sorted(_hashed(salt, one) for one in senders)))


def holds(record: Path, accounts: Sequence[Account]) -> bool | None:
    """Says whether one of the accounts is among those in a LoRA's record; None where it does not tell."""
    try:
        kept = json.loads(record.read_text("utf-8"))[_KEY]
        salt, senders = str(kept["salt"]), set(kept["senders"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return any(_hashed(salt, account) in senders for account in accounts)


def _hashed(salt: str, account: Account) -> str:
    return hashlib.sha256(f"{salt}/{account.platform}:{account.id}".encode()).hexdigest()
