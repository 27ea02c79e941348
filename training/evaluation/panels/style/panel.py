"""Panel A: whether what the avatar writes looks like what the person writes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from statistics import fmean

import numpy as np
from matplotlib.figure import Figure as Drawing

from training.evaluation import figures
from training.evaluation.data import EvaluationData
from training.evaluation.driver import Draft, differences, values
from training.evaluation.limits import Limits
from training.evaluation.panel import Example, Figure, Kind, Panel, Row, Target
from training.evaluation.panels.style.bundles import LEAST, SIZE
from training.evaluation.panels.style.embedding import Embed
from training.evaluation.panels.style.fidelity import FIDELITY, SEPARATION
from training.evaluation.panels.style.judges import LETTERS, MEANING, SHAPE
from training.evaluation.panels.style.measured import Author, Judged, judge
from training.evaluation.panels.style.profile import HABITS
from training.evaluation.panels.style.subject import Subject
from training.evaluation.respondent import Bubbles, Occasion, Respondent, Respondents
from training.statistics import Value

EXCESS, PROFILE, COPIED, NEAR = 0.05, 1.5, 2.0, 0.15
"""Targets: of the two-sample excess, the distance in habits, the copy rate; and how far variety may be from theirs."""

BASE = 20.0
"""The base model alone should have no higher fidelity."""

LEAST_VARIETY = 0.5
"""With less than half of the person's variety, of replies or of word pairs, a fidelity says nothing."""

BEYOND = 200 - FIDELITY
"""As far beyond the person as the least that passes is short of them."""

_EXAMPLES = 8
_WRITTEN = (Kind.AVATAR, Kind.AGAINST, Kind.BASE, Kind.DEGENERATE)


def panel(data: EvaluationData, respondents: Respondents, limits: Limits, embed: Embed | None = None) -> Panel:
    """Panel A. embed: an embedding model, for a third judge."""
    draft, subject = Draft("style", data, respondents), Subject(data, limits)
    if subject.size is None:
        few = [draft.say(f"few.{key}", number=number) for key, number in subject.few.items()]
        answers = draft.ask(subject.written_by) if subject.answered else {}
        return draft.panel(
            missing=draft.say("missing", few=few, least=2 * LEAST),
            examples=_examples(draft, subject.answered, answers),
            judges=2,
        )
    lesson = list[Bubbles]()

    def write(respondent: Respondent) -> list[Bubbles]:
        if respondent is not respondents.base:
            return subject.written_by(respondent)
        answers, lesson[:] = subject.written_by_base(respondent)
        return answers

    answers = draft.ask(write)
    judged = judge(subject, subject.lesson(respondents.base.name, lesson, subject.size), answers, embed)
    shown = _Shown(draft, subject, judged)
    near = Target(1 - NEAR, 1 + NEAR)
    return draft.panel(
        (
            draft.metric("fidelity", Target(low=FIDELITY), digits=0),
            draft.metric("excess", Target(high=EXCESS)),
            draft.metric("profile", Target(high=PROFILE)),
            draft.metric("copied", Target(high=COPIED)),
            draft.metric("distinct", near),
            draft.metric("entropy", near),
            *(draft.metric(one.name, digits=0) for one in judged.judges),
            draft.metric("separation"),
        ),
        draft.rows({}, *shown.rows()),
        shown.gate(),
        (shown.bundles(), shown.habits()),
        _examples(draft, subject.answered, answers),
        shown.findings(),
        differences({one.kind: one.drawn for one in judged.authors}),
        judges=len(judged.judges),
    )


def refuted(draft: Draft, kind: Kind, found: Mapping[str, Value]) -> dict[str, str]:
    """Says, by metric, why a fidelity that would pass is no likeness. It says nothing of real people.

    What is typical of a person is taken for them, even where nothing else is ever said.
    """
    if kind not in _WRITTEN:
        return {}
    passing = [key for key in ("fidelity", LETTERS, SHAPE, MEANING) if key in found and found[key].number >= FIDELITY]
    varieties = (found[key].number for key in ("entropy", "distinct"))
    variety = min((one for one in varieties if not math.isnan(one)), default=1.0)
    if variety < LEAST_VARIETY:
        return dict.fromkeys(passing, draft.say("refuted.same", variety=variety))
    if found["fidelity"].number > BEYOND:
        return dict.fromkeys(passing, draft.say("refuted.beyond", beyond=BEYOND))
    return {}


@dataclass(frozen=True, slots=True)
class _Shown:
    """What was measured, in rows, sentences and pictures."""

    draft: Draft
    subject: Subject
    judged: Judged

    @property
    def pooled(self) -> bool:
        """Whether all others together stand for the nearest other."""
        return self.judged.floor is self.subject.others_later

    @property
    def other(self) -> str:
        return self.draft.say("pooled") if self.pooled else self.judged.floor.name

    def judges(self, names: Sequence[str], key: str) -> list[str]:
        """A phrase for each judge, with how surely it tells the person from the nearest other and from all others."""
        found = ((self.draft.say(f"judges.{name}"), *self.judged.separation[name]) for name in names)
        return [self.draft.say(key, judge=name, near=near, far=far, pooled=self.pooled) for name, near, far in found]

    def gate(self) -> str | None:
        blind = self.judged.blind
        judges = self.judges(blind, "blind_judge")
        return self.draft.say("blind", judges=judges, other=self.other, needed=SEPARATION) if blind else None

    def rows(self) -> Iterator[Row]:
        for one in self.judged.authors:
            found = values(one.drawn)
            yield self.draft.row(
                one.kind,
                found | {"separation": Value(min(one.separation.values()))},
                one.sample.name if one.kind is Kind.DEGENERATE else "",
                refuted(self.draft, one.kind, found),
                answers=len(self.subject.real),
                other=self.other,
                pooled=self.pooled,
                people=self.judged.people,
            )
        every = [float(auc) for auc in self.judged.shuffled]
        spread = Value(fmean(every), min(every), max(every))
        yield self.draft.row(Kind.SHUFFLED, {"separation": spread}, judges=len(every))

    def findings(self) -> Iterator[str]:
        """The avatar first, then what the scale is made of."""
        if avatar := self.judged.of(Kind.AVATAR):
            yield from self._of_avatar(avatar)
        names = list(self.judged.separation)
        sure = self.judges(names, "sure_judge")
        yield self.draft.say("findings.scale", other=self.other, pooled=self.pooled, size=self.judged.size, judges=sure)
        if self.judged.size < SIZE:
            yield self.draft.say("findings.small", usual=SIZE, size=self.judged.size)

    def _of_avatar(self, avatar: Author) -> Iterator[str]:
        say, found, base = self.draft.say, values(avatar.drawn), self.judged.of(Kind.BASE)
        if why := refuted(self.draft, Kind.AVATAR, found).get("fidelity"):
            yield why
        if base and not self.judged.blind:
            plain = float(base.drawn["fidelity"][0])
            strictest = say(f"judges.{min(self.judged.separation, key=lambda key: found[key].number)}")
            yield say("findings.stands", other=self.other, fidelity=found["fidelity"], base=plain, judge=strictest)
            if plain > BASE:
                yield say("findings.base", most=BASE)
        yield say("findings.excess", excess=found["excess"].number, most=EXCESS)
        if avatar.ratios:
            worst = max(avatar.ratios, key=lambda each: avatar.ratios[each])
            ratio, habit = avatar.ratios[worst], say(f"habits.{worst}")
            times = f"{ratio:.1f}" if math.isfinite(ratio) else "∞"
            yield say("findings.habits", habit=habit, near=ratio <= PROFILE, times=times)
        copied, entropy, distinct = (found[key].number for key in ("copied", "entropy", "distinct"))
        if copied > COPIED:
            yield say("findings.copied", times=copied)
        if entropy < 1 - NEAR or distinct < 1 - NEAR:
            yield say("findings.same", entropy=entropy, distinct=distinct)
        if entropy > 1 + NEAR or distinct > 1 + NEAR:
            yield say("findings.varied", entropy=entropy, distinct=distinct)

    def _drawn(self) -> list[tuple[str, Author]]:
        """Who stands in the pictures, by name."""
        found = [one for kind in figures.OF_KIND if (one := self.judged.of(kind))]
        names = self.draft.names | {Kind.CEILING: self.draft.person, Kind.FLOOR: self.other}
        return [(names[one.kind], one) for one in found]

    def bundles(self) -> Figure:
        """What the judges say of bundles."""
        say, every, judges = self.draft.say, self._drawn(), self.judged.judges

        def paint(figure: Drawing) -> None:
            for place, one in enumerate(judges):
                title = say("by_judge", judge=say(f"judges.{one.name}"))
                axes = figures.axes(figure, say("axes.like"), title=title, place=(1, len(judges), place + 1))
                for line, (_, author) in enumerate(every):
                    logits = one.read(author.sample).of_bundles()
                    spread = np.random.default_rng(0).uniform(-0.3, 0.3, len(logits))
                    colour = figures.OF_KIND[author.kind]
                    axes.scatter(logits, line + spread, s=5, color=colour, alpha=0.5, linewidths=0)
                axes.set_yticks(range(len(every)), [name if place == 0 else "" for name, _ in every])
                axes.set_ylim(len(every) - 0.5, -0.5)

        return self.draft.figure("bundles", paint, 7.2, 1.1 + 0.42 * len(every), size=self.judged.size)

    def habits(self) -> Figure:
        """Habit by habit, how far each stands from the person."""
        say, every = self.draft.say, [one for one in self._drawn() if one[1].kind is not Kind.CEILING]

        def paint(figure: Drawing) -> None:
            axes = figures.axes(figure, say("axes.distance"))
            step = 0.8 / max(len(every), 1)
            for line, (name, one) in enumerate(every):
                heights = [min(one.ratios.get(each, 0.0), 99.0) for each in HABITS]
                places = np.arange(len(HABITS)) + (line - (len(every) - 1) / 2) * step
                axes.barh(places, heights, height=step * 0.85, color=figures.OF_KIND[one.kind], label=name)
            axes.axvline(PROFILE, color=figures.INK, linestyle="--", linewidth=1)
            axes.set_xscale("symlog", linthresh=2)
            axes.set_xticks([0, 1, 2, 5, 10, 20, 50], ["0", "1", "2", "5", "10", "20", "50"])
            axes.set_xlim(left=0)
            axes.set_yticks(range(len(HABITS)), [say(f"habits.{each}") for each in HABITS])
            axes.set_ylim(len(HABITS) - 0.5, -0.5)
            figures.legend(axes, loc="lower right")

        return self.draft.figure("habits", paint, 6.2, 3.2)


def _examples(
    draft: Draft, answered: Sequence[Occasion], answers: Mapping[Kind, Sequence[Bubbles]]
) -> Iterator[Example]:
    """Occasions spread over the chats: what was said before, and who answered what."""
    for place in _spread_over_chats(answered):
        one = answered[place]
        written = {draft.names[kind]: tuple(found[place]) for kind, found in answers.items()}
        yield draft.example(one.question, {draft.person: one.real} | written)


def _spread_over_chats(answered: Sequence[Occasion]) -> list[int]:
    """Places, one chat after the other, each chat's in an order by chance."""
    by_chat: dict[str, list[int]] = {}
    for place, one in enumerate(answered):
        by_chat.setdefault(one.chat, []).append(place)
    queues = [
        [places[number] for number in np.random.default_rng(0).permutation(len(places))[::-1]]
        for places in by_chat.values()
    ]
    in_turn = (place for row in zip_longest(*queues) for place in row if place is not None)
    return sorted(islice(in_turn, _EXAMPLES))
