"""What panel A knows of the subject before anybody writes: their held-out words, those of others, and the occasions."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from training.data.splits import Split
from training.evaluation.data import Burst, EvaluationData
from training.evaluation.limits import Limits
from training.evaluation.panels.style.bundles import LEAST, Sample, size_for
from training.evaluation.panels.style.gaming import Guard
from training.evaluation.panels.style.judges import Lesson
from training.evaluation.panels.style.masking import Mask
from training.evaluation.panels.style.rewrites import TRIED, rewrites
from training.evaluation.respondent import Bubbles, Occasion, Respondent, some_occasions
from training.statistics import spread

_OTHERS = 1500  # bursts of others that the judges learn from; more only take time
FLOOR_LEAST = 40
"""Who wrote less on the test days is no measure of the nearest other person."""


class Subject:
    """answered: occasions of the test days, to be answered by each respondent; real: the subject's answers to them.

    earlier, later: all their bursts of the judge and the test days. size: bursts in a bundle; None: too few to judge.
    """

    def __init__(self, data: EvaluationData, limits: Limits) -> None:
        self.data, self.mask, name = data, Mask.of_data(data), data.persona.name
        self.learnt, self.earlier, self.later = (Sample.of(name, data.own(split), self.mask) for split in Split)
        self.others_earlier, self.others_later = (
            Sample.of("others", spread(data.others(split), _OTHERS), self.mask)
            for split in (Split.VALIDATION, Split.TEST)
        )
        self.judged = some_occasions(data.dialogues[Split.VALIDATION], limits.judged)
        self.answered = some_occasions(data.dialogues[Split.TEST], limits.written)
        self.real = self.sample(name, self.answered, [one.real for one in self.answered])

    @property
    def size(self) -> int | None:
        """The same for every bundle, whoever wrote it."""
        every = (self.earlier, self.later, self.others_earlier, self.others_later, self.real)
        return size_for(*map(len, every))

    @property
    def few(self) -> dict[str, int]:
        """What there is too little of, if nobody can be judged: a key of the catalogue and how many."""
        counts = {
            "own_validation": self.earlier,
            "own_test": self.later,
            "answers": self.real,
            "others_validation": self.others_earlier,
            "others_test": self.others_later,
        }
        return {key: len(sample) for key, sample in counts.items() if len(sample) < 2 * LEAST}

    def written_by(self, respondent: Respondent) -> list[Bubbles]:
        """A respondent's answers to the occasions of the test days."""
        return respondent.write([one.question for one in self.answered])

    def written_by_base(self, base: Respondent) -> tuple[list[Bubbles], list[Bubbles]]:
        """The base model's, and those of the validation days, from which the judges learn: one batch is faster."""
        answers = base.write([one.question for one in (*self.answered, *self.judged)])
        return answers[: len(self.answered)], answers[len(self.answered) :]

    def sample(self, name: str, asked: Sequence[Occasion], answers: Sequence[Bubbles]) -> Sample:
        """Answers to occasions, masked as everything is."""
        return Sample(name, tuple(map(self.mask.bubbles, answers)), tuple(one.day for one in asked))

    def lesson(self, base: str, answers: Sequence[Bubbles], size: int) -> Lesson:
        """base: the name of the base model, whose answers of the validation days these are."""
        return Lesson(
            size,
            self.earlier,
            self.others_earlier,
            tuple(self._people(Split.VALIDATION, size)),
            self.sample(base, self.judged, answers),
            Sample("prose", tuple(rewrites(self.earlier.bursts, self.data.language)), self.earlier.days),
        )

    def known_people(self, size: int) -> list[Sample]:
        """Who may be the nearest other: they wrote enough on the test days, and on the validation days, too.

        Of whom the judges have never read a word, they cannot say that it is not the subject.
        """
        met = Counter(burst.sender for burst in self.data.others(Split.VALIDATION))
        return [one for one in self._people(Split.TEST, max(FLOOR_LEAST, size)) if met[one.name] >= LEAST]

    def _people(self, split: Split, least: int) -> list[Sample]:
        by_sender: dict[str, list[Burst]] = {}
        for burst in self.data.others(split):
            by_sender.setdefault(burst.sender, []).append(burst)
        enough = [(name, found) for name, found in sorted(by_sender.items()) if len(found) >= least]
        samples = (Sample.of(name, found, self.mask) for name, found in enough)
        return [one for one in samples if len(one) >= least]

    @property
    def guard(self) -> Guard:
        return Guard.of(self.learnt, (self.earlier, self.later))

    def degenerate(self) -> list[Sample]:
        """What must fail: the most common reply of the training days, copies of these by chance, assistant prose."""
        number, learnt = len(self.real), self.learnt.bursts
        stock = Counter(learnt).most_common(1)[0][0] if learnt else ("ok",)
        order = np.random.default_rng(0).permutation(len(learnt))
        copies = [learnt[order[place % len(order)]] for place in range(number)] if learnt else []
        prose = rewrites(self.real.bursts, self.data.language, TRIED)
        every = {"stock": [stock] * number, "copies": copies, "prose": prose}
        return [Sample(key, tuple(found), self.real.days) for key, found in every.items() if found]
