"""Likeness that is none: what is typical of a person is taken for them, even where nothing else is ever said."""

import math

from training.evaluation.panel import Kind
from training.evaluation.panels.style.fidelity import FIDELITY
from training.evaluation.panels.style.judges import LETTERS, MEANING, SHAPE
from training.evaluation.panels.style.measured import Measured
from training.evaluation.panels.style.subject import Subject

LEAST_VARIETY = 0.5
"""With less than half of the person's variety, of replies or of word pairs, a fidelity says nothing."""

BEYOND = 200 - FIDELITY
"""As far beyond the person as the least that passes is short of them."""

_FIDELITIES = ("fidelity", LETTERS, SHAPE, MEANING)
_WRITTEN = (Kind.AVATAR, Kind.AGAINST, Kind.BASE, Kind.DEGENERATE)


def refuted(subject: Subject, one: Measured) -> dict[str, str]:
    """By metric, why a fidelity that would pass is no likeness. Nothing of real people."""
    if one.author.kind not in _WRITTEN:
        return {}
    found, person = one.values, subject.held.persona.name
    passing = [key for key in _FIDELITIES if key in found and found[key].number >= FIDELITY]
    varieties = (found[key].number for key in ("entropy", "distinct"))
    variety = min((one for one in varieties if not math.isnan(one)), default=1.0)
    if variety < LEAST_VARIETY:
        share = f"{100 * variety:.0f} %"
        why = subject.tell(
            f"It says the same again and again, with {share} of {person}'s variety. That it is always something "
            f"typical of {person} pleases the judges, and is no likeness: its fidelity does not count.",
            f"它翻来覆去说同样的话，多样性只有{person}的 {share}。说的总是{person}的典型用语，裁判便给高分，"
            "但这不是相似：相似度不作数。",
        )
        return dict.fromkeys(passing, why)
    if found["fidelity"].number > BEYOND:
        why = subject.tell(
            f"It is more typical of {person} than {person}: what marks them comes all the time. Beyond {BEYOND:.0f} "
            "that is a caricature, and the fidelity does not count.",
            f"它比{person}本人还要“典型”：本人的特征无时不在。超过 {BEYOND:.0f} 就是夸张的模仿，相似度不作数。",
        )
        return dict.fromkeys(passing, why)
    return {}
