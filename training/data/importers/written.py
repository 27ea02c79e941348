"""What a format yields of things that were written outside of chats, and whose of them are kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from bot.errors import DataError
from bot.message import Account
from bot.writing import Addressee, WritingKind

EMAIL = "email"
"""The platform of an account that is an e-mail address, in small letters."""

BY_OTHERS = "by somebody else"


@dataclass(frozen=True, slots=True)
class ReadWriting:
    """Something of the export that somebody wrote outside of chats.

    native_id: what it is called, such as a Message-ID or a day. everywhere: it is called so in every file; else in this
    one alone. author: who wrote it; None only where the owner said that the file is the subject's. day: where it was
    written. at_ms: milliseconds since 1970, in UTC, where the hour is known. to: those whom it went to.
    """

    kind: WritingKind
    text: str
    native_id: str
    everywhere: bool = False
    author: Account | None = None
    day: date | None = None
    at_ms: int | None = None
    title: str = ""
    to: tuple[Addressee, ...] = ()


@dataclass(frozen=True, slots=True)
class SkippedWriting:
    """Something that was written and is not kept. reason: why, in a few words; the report counts them by it."""

    kind: WritingKind
    reason: str


class NobodySaid(DataError):
    """A file holds what several people may have written, and nobody has said which of them is the person."""

    def __init__(self, platform: str) -> None:
        super().__init__(
            f"Which {platform} account is the person's is not known, and what others wrote is not kept: import it "
            f"again with --me and their {'address' if platform == EMAIL else 'id or name'}, or write it under "
            f"`subject` in people.yaml (`{platform}: ['…']`)."
        )


@dataclass(frozen=True, slots=True)
class Own:
    """Whose writings are kept: the subject's, by their accounts on that platform, or else by what --me says."""

    subject: Collection[Account] = ()
    me: str | None = None

    def wrote(self, author: Account) -> bool:
        """Raises NobodySaid where it cannot be told."""
        if not self._ids(author.platform) or not author.id:
            raise NobodySaid(author.platform)
        return self.is_said(author)

    def is_said(self, account: Account) -> bool:
        """Whether somebody has said that this account is the person's."""
        return account.id.casefold() in self._ids(account.platform)

    def _ids(self, platform: str) -> set[str]:
        ids = {one.id.casefold() for one in self.subject if one.platform == platform}
        if not ids and self.me is not None:
            ids = {self.me.casefold(), f"name:{self.me}".casefold()}
        return ids


NOBODYS = Own()
"""Where nobody has said who the person is."""
