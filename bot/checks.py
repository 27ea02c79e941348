"""A line of `echoes doctor`: what was looked into, and what was found."""

from dataclasses import dataclass
from enum import StrEnum

from bot.errors import EchoesError, ExitCode


class Verdict(StrEnum):
    GOOD = "✓"
    NOTE = "!"
    BAD = "✗"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the table. `code`: the exit status that a bad one stands for."""

    name: str
    verdict: Verdict
    text: str
    code: ExitCode = ExitCode.OK


def good(name: str, text: str) -> Check:
    """Returns a check that passed: only of what was really looked into."""
    return Check(name, Verdict.GOOD, text)


def note(name: str, text: str) -> Check:
    return Check(name, Verdict.NOTE, text)


def bad(name: str, error: EchoesError) -> Check:
    return Check(name, Verdict.BAD, str(error), error.code)
