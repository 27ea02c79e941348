"""Who agreed to the avatar, in what role, to what, and until when. Training and running ask here first."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bot.errors import ConfigError, ConsentError
from bot.files import read_utf8
from bot.validation import read_json
from bot.workspace import write_private

VERSION = 1


class Use(StrEnum):
    """What can be agreed to."""

    TRAINING = "training"
    WRITINGS = "writings"  # that diaries, letters, e-mail and posts are learnt, too
    RUNNING = "running"
    VOICE = "voice"  # answering with a synthetic voice, which the record names


class Role(StrEnum):
    """By what right somebody agrees."""

    SELF = "self"
    GUARDIAN = "guardian"
    EXECUTOR = "executor"
    NEXT_OF_KIN = "next-of-kin"


@dataclass(frozen=True, slots=True)
class Consent:
    """`until` is the last day it holds. No platforms: all. `disclosure`: every contact is told what the avatar is.

    `voice`: the one voice that it may answer in; empty where none was agreed to.
    """

    by: str
    role: Role
    uses: tuple[Use, ...]
    given_at: datetime
    until: date
    platforms: tuple[str, ...] = ()
    disclosure: bool = True
    note: str = ""
    withdrawn_at: datetime | None = None
    voice: str = ""

    def covers(self, use: Use, platforms: Sequence[str] = (), today: date | None = None, *, voice: str = "") -> None:
        """Raises ConsentError where this was not agreed to, or no longer is. voice: for that use, which one."""
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
        if use is Use.VOICE and (not voice or voice != self.voice):
            raise ConsentError(f"The consent names another voice than speaking.voice in config.yaml: ask, and {again}.")
        left_out = [platform for platform in platforms if self.platforms and platform not in self.platforms]
        if left_out:
            raise ConsentError(
                f"The consent is for {', '.join(self.platforms)}, not for {', '.join(left_out)}: "
                f"take it out of config.yaml, or ask, and {again}."
            )


class _Record(BaseModel):
    """What the file holds. Every key must be there but the voice, which older records do not know; what others may
    have added is left alone."""

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = Field(description="of the record")
    by: str = Field(pattern=r"\S", repr=False, description="who agreed")
    role: Role = Field(description="by what right")
    uses: tuple[Use, ...] = Field(description="to what, a list")
    given_at: AwareDatetime = Field(description="when it was given")
    until: date = Field(description="the last day it holds")
    platforms: tuple[str, ...] = Field(description="a list of platforms; an empty one means all")
    disclosure: bool = Field(description="whether contacts are told what the avatar is")
    note: str = Field(repr=False, description="whatever else was said")
    withdrawn_at: AwareDatetime | None = Field(description="when it was withdrawn, or null")
    voice: str = Field(default="", repr=False, description="the synthetic voice that was agreed to, by name")


def require(path: Path, use: Use, platforms: Sequence[str] = (), *, voice: str = "") -> Consent:
    """The record that allows this use. Raises ConsentError in a sentence where there is none that does."""
    consent = load_consent(path)
    if consent is None:
        raise ConsentError(
            f"Nobody has agreed to this avatar yet: record it with `echoes consent` ({path} is missing)."
        )
    consent.covers(use, platforms, voice=voice)
    return consent


def agreed(path: Path, use: Use) -> bool:
    """Says whether there is a record that allows this use now. Raises ConsentError where the record is damaged."""
    consent = load_consent(path)
    if consent is None:
        return False
    try:
        consent.covers(use)
    except ConsentError:
        return False
    return True


def load_consent(path: Path) -> Consent | None:
    """None where there is no record. Raises ConsentError where it is damaged: a doubtful record allows nothing.

    Raises PassingError while it cannot be read.
    """
    try:
        record = read_json(_Record, read_utf8(path), str(path))
    except FileNotFoundError:
        return None
    except ConfigError as error:
        raise ConsentError(f"{error}\nSuch a record allows nothing: run `echoes consent` again.") from None
    return Consent(**record.model_dump(exclude={"version"}))


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
