"""Prompts that begin alike: of one dialogue the longest is read, and the others are its beginnings."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat.prompt import Prompt
from bot.engine.cache import reading_of


@dataclass(frozen=True, slots=True)
class Family:
    """prompt: the longest. members: those that are beginnings of it, itself among them, by their place in the list."""

    prompt: Prompt
    members: tuple[int, ...]


def families(prompts: Sequence[Prompt]) -> list[Family]:
    """Every prompt in one family, in the order of their first members. Photos count by their content."""
    readings = [reading_of(prompt).tobytes() for prompt in prompts]
    found: list[list[int]] = []
    longest = b""
    for index in sorted(range(len(prompts)), key=lambda index: (readings[index], index), reverse=True):
        if found and longest.startswith(readings[index]):  # in this order, what goes on stands before its beginnings
            found[-1].append(index)
        else:
            found.append([index])
            longest = readings[index]
    return sorted(
        (Family(prompts[members[0]], tuple(sorted(members))) for members in found), key=lambda family: family.members
    )
