"""Groups prompts that begin alike: the longest of a group is read, and the others are beginnings of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat.prompt import Prompt
from bot.engine.cache import reading_of


@dataclass(frozen=True, slots=True)
class PrefixGroup:
    """longest: the prompt that is read. members: those that are beginnings of it, itself included, by their index."""

    longest: Prompt
    members: tuple[int, ...]


def prefix_groups(prompts: Sequence[Prompt]) -> list[PrefixGroup]:
    """Puts every prompt into one group, in the order of first members. Photos are compared by their content."""
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
        (PrefixGroup(prompts[members[0]], tuple(sorted(members))) for members in found),
        key=lambda group: group.members,
    )
