"""`--era`: as of which year or month the avatar is asked, instead of what persona.yaml says."""

import argparse
from dataclasses import replace

from bot.era import is_era
from bot.persona import Persona

TODAY = "today"


def add_era(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--era",
        type=_era,
        metavar="WHEN",
        help=f"the year or month to speak from, as 2022 or 2022-06, or {TODAY} (default: `era` in persona.yaml)",
    )


def _era(given: str) -> str:
    """An era as persona.yaml has it: empty for today."""
    if given == TODAY:
        return ""
    if not is_era(given):
        raise argparse.ArgumentTypeError(f"{given} is neither a year nor a month: write it as 2022 or 2022-06")
    return given


def as_of(persona: Persona, era: str | None) -> Persona:
    """The persona as it was asked for on the command line; None: as persona.yaml has it."""
    return persona if era is None else replace(persona, era=era)
