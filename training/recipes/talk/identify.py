"""Whose style the untrained avatar has: whether a judge of authors takes it for somebody whom it was taught with.

The judge knows the people of whom most was learnt, by other talks than those that it judges, and names one of them
whoever wrote. A single writer who is none of them is taken for the same one again and again, too: for whom they are
most like. So chance is what the judge says of real people whom it does not know, each by themselves.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, cycle
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from sklearn.pipeline import Pipeline

from bot.chat.prompt import Codec
from bot.config.embedded import EMBEDDED_EN
from bot.engine.describe import codec_for, describe
from bot.engine.device import use_physical_cores
from bot.errors import DataError
from bot.media import MediaStore
from training.evaluation.panels.style.two_sample import classifier
from training.evaluation.respondent import Bubbles
from training.finetune.epoch import epoch_of
from training.finetune.presets import Preset
from training.recipes.talk.courses import COURSES
from training.recipes.talk.saying import REPLIES, Writer, answers, partner_turns, said, speakers, subject
from training.recipes.talk.work import Talk, split
from training.statistics import NAN, Draws, Floats, Index, Value, chance, share, value

PEOPLE = 25
TALKS = 25
"""That the avatar speaks in, and at most those that a real person is judged by."""
FEWEST = 5
"""Talks of somebody by whom chance is told."""
MOST = 5
"""Of the people: those of whom most was learnt."""

_LEARNT = 600  # bursts of each, at most, from which the judge learns


@dataclass(frozen=True, slots=True)
class Taught:
    """amounts: learnt tokens by person, most first. unread: the talks of which nothing was learnt."""

    amounts: Mapping[str, int]
    unread: tuple[Talk, ...]

    @classmethod
    def of(
        cls, held_out: Sequence[Talk], learnt: Sequence[Talk], codec: Codec, preset: Preset, tokens: int, seed: int = 0
    ) -> "Taught":
        """Finds what a run of so many tokens read, and of whom."""
        places = [place for place, talk in enumerate(learnt) for _ in talk]
        epoch = epoch_of([dialogue for talk in learnt for dialogue in talk], codec, preset, seed, 0)
        amounts, read, seen = Counter[str](), set[int](), 0
        for index in (index for batch in epoch.batches for index in batch):
            if seen < tokens:
                sample, place = epoch.samples[index], places[index]
                seen += len(sample.ids)
                amounts[subject(learnt[place])] += sample.texts
                read.add(place)
        unread = (talk for place, talk in enumerate(learnt) if talk and place not in read)
        return cls(dict(amounts.most_common()), (*(talk for talk in held_out if talk), *unread))


@dataclass(frozen=True)
class Judged:
    """odds: by talk and person, the mean log-probability that one of its bursts is theirs."""

    odds: Floats

    @property
    def taken(self) -> Index:
        """For whom each talk is taken, as a place among the people."""
        found: Index = self.odds.argmax(axis=1)
        return found

    @property
    def sure(self) -> Floats:
        """How likely that is, of each talk."""
        chances = np.exp(self.odds)
        found: Floats = chances.max(axis=1) / chances.sum(axis=1)
        return found

    def agreement(self, rows: Index | None = None) -> float:
        """Returns the share of pairs of different talks that are taken for the same person's."""
        taken, rows = self.taken, np.arange(len(self.odds)) if rows is None else rows
        same = [taken[one] == taken[other] for one, other in combinations(rows, 2) if one != other]
        return float(np.mean(same)) if same else NAN

    @property
    def nearest(self) -> int:
        """For whom all of it together is taken."""
        return int(self.odds.mean(axis=0).argmax())

    def sureness(self) -> float:
        return float(self.sure.mean())

    def most(self) -> float:
        """Returns the share of talks that are taken for one of the MOST people of whom most was learnt."""
        return float(np.mean(self.taken < MOST))

    def drawn_to(self, amounts: Sequence[float]) -> float:
        """Returns the rank correlation of how near the writer is to each of the people with how much was learnt."""
        return float(spearmanr(self.odds.mean(axis=0), amounts).statistic)


@dataclass(frozen=True)
class Judge:
    """people: in the order in which they are counted."""

    people: tuple[str, ...]
    model: Pipeline

    @classmethod
    def of(cls, known: Mapping[str, Sequence[Bubbles]]) -> "Judge":
        """Learns from bursts of each of the people."""
        bursts = [(burst, person) for person, some in known.items() for burst in some]
        model = classifier().fit([burst for burst, _ in bursts], [person for _, person in bursts])
        return cls(tuple(known), model)

    def read(self, writer: Writer) -> Judged:
        """Judges each talk by the mean of its bursts' log-probabilities."""
        writer = [talk for talk in writer if talk]
        each = self.model.predict_log_proba([burst for talk in writer for burst in talk])
        each = each[:, [list(self.model.classes_).index(person) for person in self.people]]
        talks = np.split(each, np.cumsum([len(talk) for talk in writer])[:-1])
        return Judged(np.array([talk.mean(axis=0) for talk in talks]))


def identify(path: Path, work: Path, tokens: int) -> None:
    """Prints whom the judge takes the avatar for, beside those who are known to it, who are not, and the base alone."""
    use_physical_cores()
    course, media = COURSES[EMBEDDED_EN], MediaStore(work / "media")
    codec = codec_for(describe(EMBEDDED_EN), media)
    held_out, learnt = split(course, [path], codec, 0)
    taught = Taught.of(held_out, learnt, codec, course.preset, tokens)
    judge, themselves, others = acquainted((*held_out, *learnt), list(taught.amounts)[:PEOPLE])
    strangers = [talk for talk in taught.unread if not {*talk[0].chat.split(":")} & {*judge.people}]
    asked = [talk for talk in strangers if len(partner_turns(talk)) >= REPLIES][:TALKS]
    spoken = {name: answers(speaker, asked) for name, speaker in speakers(media)}
    print("\n".join(report(judge, [taught.amounts[one] for one in judge.people], themselves, others, spoken)))


def acquainted(talks: Sequence[Talk], people: Sequence[str]) -> tuple[Judge, dict[str, Writer], list[Writer]]:
    """Returns a judge that knows these people, their talks that it did not learn from, and what others said."""
    by_person = defaultdict[str, Writer](list)
    for talk in talks:
        if talk:
            by_person[subject(talk)].append(said(talk))
    known, themselves = {}, {}
    for person in people:
        long = [talk for talk in by_person[person] if len(talk) >= REPLIES]
        kept = long[: min(TALKS, len(long) // 3)]
        themselves[person] = [talk[:REPLIES] for talk in kept]
        known[person] = [burst for talk in by_person[person] if talk not in kept for burst in talk][:_LEARNT]
    if not all(known.values()):
        raise DataError(f"The talks hold too little of the {len(people)} people of whom most was learnt: give all.")
    others = []
    for person in sorted(by_person.keys() - set(people)):
        long = [talk[:REPLIES] for talk in by_person[person] if len(talk) >= REPLIES]
        others += [long[:TALKS]] if len(long) >= FEWEST else []
    return Judge.of(known), themselves, others


def report(
    judge: Judge,
    amounts: Sequence[float],
    themselves: Mapping[str, Writer],
    others: Sequence[Writer],
    spoken: Mapping[str, Writer],
) -> list[str]:
    """Returns a table and what is to be said of it. amounts: learnt of the people, in their order.

    spoken: in the same talks, the avatar first.
    """
    own = [(place, judge.read(writer)) for place, writer in enumerate(themselves.values()) if writer]
    right = {place: int((one.taken == place).sum()) for place, one in own}
    number, unknown = sum(len(one.odds) for _, one in own), [judge.read(writer) for writer in others]
    readings = {name: judge.read(writer) for name, writer in spoken.items()}
    avatar = next(iter(spoken.values()))
    often = {place: writer for place, writer in enumerate(themselves.values()) if len(writer) >= FEWEST}
    half, quarter = (
        sum(judge.read(planted(writer, avatar, every)).nearest == place for place, writer in often.items())
        for every in (2, 4)
    )
    lines = [
        f"Of {number} talks of the {len(judge.people)} people, which it did not learn from, the judge names "
        f"{_percent(share(sum(right.values()), number))} rightly; by guessing {1 / len(judge.people):.0%}.",
        "",
        f"| Who writes | talks | two are taken for the same one's | how sure | for one of the {MOST} taught most |",
        "|---|---|---|---|---|",
        _people("the people themselves, each", [one for _, one in own]),
        _people("people whom it does not know, each", unknown),
        *(_writer(name, found) for name, found in readings.items()),
        "",
        f"Where in truth half of the avatar's replies are those of one of the people, all of them together are nearest "
        f"to that one for {half} of {len(often)}; where a quarter are, for {quarter}.",
    ]
    usual = chance([one.drawn_to(amounts) for one in unknown])
    for name, found in readings.items():
        place, times = Counter(found.taken.tolist()).most_common(1)[0]
        as_often = sum(one.agreement() >= found.agreement() for one in unknown)
        as_sure = sum(one.sureness() >= found.sureness() for one in unknown)
        lines.append(
            f"{name}: most often ({times} of {len(found.odds)} talks) taken for number {place + 1} of those taught "
            f"most, and by all of them together for number {found.nearest + 1}. Of {len(unknown)} "
            f"people whom the judge does not know {as_often} are taken for the same one as often or more, and of "
            f"{as_sure} it is as sure or surer. Near to those of whom more was learnt: {found.drawn_to(amounts):+.2f} "
            f"(rank correlation; 95 % of the people whom it does not know: {usual.low:+.2f} to {usual.high:+.2f})."
        )
    return lines


def planted(writer: Writer, avatar: Writer, every: int) -> Writer:
    """Returns the avatar's talks with every second, third, … reply exchanged for one of the writer's."""
    return [
        [theirs[place % len(theirs)] if place % every == 0 else reply for place, reply in enumerate(talk)]
        for theirs, talk in zip(cycle(writer), avatar, strict=False)
    ]


def _people(name: str, found: Sequence[Judged]) -> str:
    """A row of several writers: the mean, and the range of 95 % of them."""
    kept = [one for one in found if len(one.odds) >= FEWEST]
    numbers = [chance([getter(one) for one in kept]) for getter in (Judged.agreement, Judged.sureness, Judged.most)]
    return _row(f"{name} ({len(kept)})", sum(len(one.odds) for one in kept), numbers)


def _writer(name: str, found: Judged) -> str:
    """A row of one writer: with the interval of talks drawn again."""
    draws = Draws(range(len(found.odds)))
    numbers = [draws.each(found.agreement), draws.mean(found.sure), draws.mean(found.taken < MOST)]
    return _row(name, len(found.odds), [value(one) for one in numbers])


def _row(name: str, talks: int, numbers: Sequence[Value]) -> str:
    return f"| {name} | {talks} | {' | '.join(map(_percent, numbers))} |"


def _percent(found: Value) -> str:
    return f"{found.number:.0%} ({found.low:.0%} to {found.high:.0%})"
