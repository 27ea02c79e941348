"""Who agreed to the avatar, in what role, to what, and until when. Training and running ask here first."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.errors import ConsentError
from bot.files import read_text
from bot.workspace import write_private

VERSION = 1


class Use(StrEnum):
    """What can be agreed to."""

    TRAINING = "training"
    RUNNING = "running"


class Role(StrEnum):
    """By what right somebody agrees."""

    SELF = "self"
    GUARDIAN = "guardian"
    EXECUTOR = "executor"
    NEXT_OF_KIN = "next-of-kin"


@dataclass(frozen=True, slots=True)
class Consent:
    """`until` is the last day it holds. No platforms: all. `disclosure`: every contact is told what the avatar is."""

    by: str
    role: Role
    uses: tuple[Use, ...]
    given_at: datetime
    until: date
    platforms: tuple[str, ...] = ()
    disclosure: bool = True
    note: str = ""
    withdrawn_at: datetime | None = None

    def covers(self, use: Use, platforms: Sequence[str] = (), today: date | None = None) -> None:
        """Raises ConsentError where this was not agreed to, or no longer is."""
        again = "record it with `echoes consent` together with the person"  # nobody's name: this may reach a log
        if self.withdrawn_at is not None:
            day = self.withdrawn_at.astimezone().date()
            raise ConsentError(f"The consent was withdrawn on {day}: nothing may be trained or run any more.")
        if (today or date.today()) > self.until:
            raise ConsentError(f"The consent ended on {self.until}: if it still holds, {again}.")
        if use not in self.uses:
            agreed = " and ".join(self.uses) or "nothing"
            raise ConsentError(f"The consent is for {agreed}, not for {use}: ask, and {again}.")
        if use is Use.RUNNING and not self.disclosure:
            raise ConsentError(f"The consent does not say that contacts are told what the avatar is: ask, and {again}.")
        left_out = [platform for platform in platforms if self.platforms and platform not in self.platforms]
        if left_out:
            raise ConsentError(
                f"The consent is for {', '.join(self.platforms)}, not for {', '.join(left_out)}: "
                f"take it out of config.yaml, or ask, and {again}."
            )


def require(path: Path, use: Use, platforms: Sequence[str] = ()) -> Consent:
    """The record that allows this use. Raises ConsentError in a sentence where there is none that does."""
    consent = load_consent(path)
    if consent is None:
        raise ConsentError(
            f"Nobody has agreed to this avatar yet: record it with `echoes consent` ({path} is missing)."
        )
    consent.covers(use, platforms)
    return consent


def load_consent(path: Path) -> Consent | None:
    """None where there is no record. Raises ConsentError where it is damaged: a doubtful record allows nothing.

    Raises PassingError while it cannot be read.
    """
    try:
        return _parse(json.loads(read_text(path)))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ConsentError(f"{path} is damaged ({type(error).__name__}): run `echoes consent` again.") from None


def save_consent(path: Path, consent: Consent) -> None:
    """Writes the record whole, readable by its owner only."""
    record = {"version": VERSION, **dataclasses.asdict(consent)}
    text = json.dumps(record, ensure_ascii=False, indent=2, default=lambda value: value.isoformat())
    write_private(path, (text + "\n").encode())


def record(path: Path, consent: Consent) -> None:
    """Saves a new record; one that stood before is kept beside it under the time it was replaced.

    Where the disk is full, the one before stays.
    """
    if not path.exists():
        save_consent(path, consent)
        return
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    before = path.with_name(f"{path.stem}.until-{stamp}{path.suffix}")
    write_private(before, path.read_bytes())
    try:
        save_consent(path, consent)
    except OSError:
        before.unlink()
        raise


def withdraw(path: Path) -> Consent:
    """Marks the record withdrawn, for good; what was agreed stays readable."""
    consent = load_consent(path)
    if consent is None:
        raise ConsentError(f"There is no consent to withdraw ({path} is missing).")
    if consent.withdrawn_at is None:
        consent = dataclasses.replace(consent, withdrawn_at=datetime.now(UTC))
        save_consent(path, consent)
    return consent


def _parse(record: Any) -> Consent:
    if record["version"] != VERSION:
        raise ValueError("unknown version")
    if not (isinstance(record["by"], str) and record["by"].strip() and isinstance(record["disclosure"], bool)):
        raise ValueError("no name")
    if not isinstance(record["platforms"], list) or not all(isinstance(name, str) for name in record["platforms"]):
        raise ValueError("platforms")
    withdrawn = record["withdrawn_at"]
    return Consent(
        by=record["by"],
        role=Role(record["role"]),
        uses=tuple(Use(use) for use in record["uses"]),
        given_at=_moment(record["given_at"]),
        until=date.fromisoformat(record["until"]),
        platforms=tuple(record["platforms"]),
        disclosure=record["disclosure"],
        note=str(record["note"]),
        withdrawn_at=None if withdrawn is None else _moment(withdrawn),
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment
