"""Stickers out: a bubble that is only an emoji goes out as the sticker for it, as often as the person sent one.

In training a sticker of the subject's is its emoji, so the model says when; this says in which form.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.letters import bare

_PICTURES = frozenset({".webp", ".png", ".gif", ".jpg", ".jpeg"})
_DOUBT = 4
"""How many times of one emoji weigh as much as what the person did with all of them."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How often something was said by a sticker, and how often by its emoji alone."""

    stickers: int = 0
    texts: int = 0


def sticker_files(folder: Path) -> dict[str, Path]:
    """Returns the pictures of a folder that are named by an emoji, such as `😂.webp`; nothing where there is none."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return {
        bare(path.stem): path
        for path in found
        if path.suffix.lower() in _PICTURES and not any(one.isalnum() for one in path.stem)
    }


def sticker_for(bubble: str, offered: Iterable[str]) -> str | None:
    """Returns which of the emoji with a sticker a bubble is, as the platform writes it."""
    said = bare(bubble)
    return next((emoji for emoji in offered if bare(emoji) == said), None)


def shown(brief: Iterable[tuple[str, bool]]) -> dict[str, Shown]:
    """Counts what was said in a few characters, and whether by a sticker."""
    counts: dict[str, Shown] = {}
    for words, sticker in brief:
        before = counts.get(bare(words), Shown())
        counts[bare(words)] = Shown(before.stickers + sticker, before.texts + (not sticker))
    return counts


def chosen(
    bubbles: Iterable[str], offered: Collection[str], theirs: Mapping[str, Shown], chance: Callable[[], float]
) -> set[str]:
    """Returns the bubbles that go out as stickers. chance: gives a number from 0 to 1."""
    wanted = {bubble for bubble in bubbles if sticker_for(bubble, offered)}
    return {bubble for bubble in sorted(wanted) if chance() < _share(bare(bubble), offered, theirs)}


def _share(emoji: str, offered: Iterable[str], theirs: Mapping[str, Shown]) -> float:
    """How often the person said an emoji by a sticker; where they hardly used it, as they did with the others."""
    known = [theirs.get(bare(one), Shown()) for one in offered]
    stickers, texts = sum(one.stickers for one in known), sum(one.texts for one in known)
    general = stickers / (stickers + texts) if stickers + texts else 0.0
    own = theirs.get(emoji, Shown())
    return (own.stickers + _DOUBT * general) / (own.stickers + own.texts + _DOUBT)
