"""Panel C: whether it matters to the avatar whom it talks with, and what it is shown."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from training.data.splits import Split
from training.evaluation.data import EvaluationData
from training.evaluation.driver import Draft, differences
from training.evaluation.limits import Limits
from training.evaluation.panel import Kind, Metric, Panel, Row, Target
from training.evaluation.panels.context import pictures, relationships, shown
from training.evaluation.panels.context.adaptation import Adaptation
from training.evaluation.panels.context.judge import BUNDLE, FEWEST
from training.evaluation.panels.context.newcomers import Newcomers
from training.evaluation.panels.context.trials import Pair, mean_gain, pairs, read, win_rate, wins
from training.evaluation.panels.context.years import COMPARED, Years
from training.evaluation.respondent import Bubbles, Respondent, Respondents, occasions
from training.statistics import Value, spread

RATIO, SEEN = 0.6, 0.65


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a respondent made of it, by metric. pairs: of each reply; chance: of one wrong condition against another.

    dated: what it answered as of each of two years, if that was asked. new: its first replies to newcomers.
    """

    pairs: Mapping[str, Sequence[Pair]]
    chance: Mapping[str, Sequence[Pair]]
    adapted: Mapping[str, Value]
    dated: Sequence[Bubbles]
    new: Mapping[str, Value]

    def values(self, years: Years | None) -> dict[str, Value]:
        gain = {"relationship_gain": mean_gain(self.pairs[shown.WIN])} if shown.WIN in self.pairs else {}
        dated = years.values(self.dated) if years and self.dated else {}
        return {**gain, **_win_rates(self.pairs), **self.adapted, **dated, **self.new}


def panel(data: EvaluationData, respondents: Respondents, limits: Limits) -> Panel:
    """Panel C."""
    draft, captions = Draft("context", data, respondents), pictures.sample_captions()
    items = relationships.relabelled(relationships.private(data, Split.TEST), relationships.known(data))
    tagged = relationships.trials(spread(items, limits.swapped))
    photos = pictures.photo_replies(data, captions)
    seen = pictures.trials(spread(photos, limits.swapped), captions, data.language)
    adaptation = Adaptation.of(data, limits.written)
    years = Years.of(data, max(limits.swapped // 2, FEWEST))
    dated = years.trials() if years and years.differ else []
    newcomers = Newcomers.of(data, adaptation, max(limits.swapped // 2, 2 * FEWEST))

    def outcome(respondent: Respondent) -> Outcome:
        trials = [*tagged, *seen, *dated]
        nats = read(respondent, trials, relationships.UNTRAINED_SKIPS if respondent is respondents.base else ())
        return Outcome(
            pairs(trials, nats, relationships.COMPARED | pictures.COMPARED | COMPARED),
            _tossed(pairs(trials, nats, relationships.CHANCE | COMPARED)) | pairs(trials, nats, pictures.CHANCE),
            adaptation.values(respondent.write([one.question for one in adaptation.asked])) if adaptation else {},
            respondent.write(years.questions()) if years and dated else (),
            newcomers.values(respondent.write(newcomers.questions())) if newcomers else {},
        )

    found = draft.ask(outcome)
    values = {kind: one.values(years) for kind, one in found.items()}
    avatar = found.get(Kind.AVATAR)
    missing = tuple(_missing(draft, bool(items), adaptation, len(photos), years))
    return draft.panel(
        _metrics(draft, found[Kind.BASE], missing, newcomers),
        draft.rows(values, *_controls(draft, found[Kind.BASE], avatar, adaptation, years)),
        " ".join(missing) if avatar and all(missing) else None,
        shown.drawings(draft, {kind: one.pairs[shown.WIN] for kind, one in found.items() if shown.WIN in one.pairs}),
        shown.examples(draft, tagged, seen, avatar.pairs, years, avatar.dated) if avatar else (),
        shown.findings(draft, adaptation, years, missing, values) if avatar else (),
        differences({kind: {key: wins(some) for key, some in one.pairs.items()} for kind, one in found.items()}),
    )


def _win_rates(found: Mapping[str, Sequence[Pair]]) -> dict[str, Value]:
    return {key: win_rate(some) for key, some in found.items()}


def _tossed(found: Mapping[str, Sequence[Pair]]) -> dict[str, list[Pair]]:
    """Each pair as a coin falls: neither condition is the right one."""
    coin = random.Random(0)
    return {
        key: [one if coin.random() < 0.5 else replace(one, right=one.other, other=one.right) for one in some]
        for key, some in found.items()
    }


def _missing(
    draft: Draft, dialogues: bool, adaptation: Adaptation | None, photos: int, years: Years | None
) -> Iterator[str]:
    """Why nothing can be said of relationships, of photos, and of years; empty where something can."""
    if not dialogues:
        yield draft.say("missing.dialogues")
    elif adaptation is None:
        yield draft.say("missing.few", fewest=FEWEST)
    else:
        yield "" if adaptation.separates else draft.say("missing.alike")
    yield "" if photos >= pictures.FEWEST else draft.say("missing.photos", photos=photos, fewest=pictures.FEWEST)
    if years is None:
        yield draft.say("missing.years", fewest=2 * FEWEST)
    else:
        earlier, later = years.eras
        yield "" if years.differ else draft.say("missing.unchanged", earlier=earlier, later=later)


def _metrics(draft: Draft, base: Outcome, missing: tuple[str, ...], newcomers: Newcomers | None) -> Iterator[Metric]:
    unadapted, unseen, undated = missing
    yield draft.metric("relationship_win", None if unadapted else Target(low=shown.WINS), "%")
    yield draft.metric("relationship_gain")
    yield draft.metric("relationship_within", unit="%")
    yield draft.metric("relationship_named", unit="%")
    yield draft.metric("relationship_ratio", None if unadapted else Target(low=RATIO))
    yield draft.metric("relationship_accuracy", unit="%")
    for key, target in (("swapped", Target(low=SEEN)), ("blank", Target(low=SEEN)), ("caption", None)):
        if f"picture_{key}" in base.pairs:
            yield draft.metric(f"picture_{key}", None if unseen else target, "%")
    for key in ("new_alone", "new_shown", "new_copied") if newcomers else ():
        yield draft.metric(key, unit="%")
    if not undated:
        yield draft.metric("era_ratio", Target(low=RATIO))
        yield draft.metric("era_accuracy", unit="%")
        yield draft.metric("era_win", unit="%")


def _controls(
    draft: Draft, base: Outcome, avatar: Outcome | None, adaptation: Adaptation | None, years: Years | None
) -> Iterator[Row]:
    real = {"relationship_ratio": Value(1.0), "relationship_accuracy": adaptation.real} if adaptation else {}
    dated = {"era_ratio": Value(1.0), "era_accuracy": years.real} if years and years.differ else {}
    yield draft.row(Kind.CEILING, {**real, **dated}, bundle=BUNDLE)
    yield draft.row(Kind.FLOOR)
    shuffled = {"era_accuracy": years.chance} if years and years.differ else {}
    yield draft.row(Kind.SHUFFLED, {**(_win_rates(avatar.chance) if avatar else {}), **shuffled})
    same = {key: [replace(pair, other=pair.right) for pair in some] for key, some in base.pairs.items()}
    yield draft.row(Kind.BASELINE, _win_rates(same), "same")
    learnt = [one.real for one in occasions(draft.data.dialogues.get(Split.TRAIN, ())) if one.real]
    stock = [reply for reply, _ in Counter(learnt).most_common(1)]
    for key, replies in (("stock", stock), ("copies", learnt)):
        adapted = adaptation.values(_drawn(replies, len(adaptation.asked))) if adaptation and replies else {}
        as_of = years.values(_drawn(replies, 2 * len(years.asked))) if years and dated and replies else {}
        yield draft.row(Kind.DEGENERATE, {**adapted, **as_of}, key)


def _drawn(replies: Sequence[Bubbles], number: int) -> list[Bubbles]:
    return random.Random(0).choices(replies, k=number)
