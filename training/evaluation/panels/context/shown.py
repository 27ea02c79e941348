"""What panel C shows beside its numbers: findings, the replies that differ most, and the relationships one by one."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from matplotlib.figure import Figure as Drawing

from bot.people import RELATIONSHIPS
from training.evaluation import figures
from training.evaluation.driver import Draft
from training.evaluation.panel import Example, Figure, Kind
from training.evaluation.panels.context.adaptation import Adaptation
from training.evaluation.panels.context.judge import BUNDLE, CHANCE
from training.evaluation.panels.context.pictures import recent_photos
from training.evaluation.panels.context.trials import Pair, Trial, win_rate
from training.evaluation.panels.context.years import Years
from training.evaluation.respondent import Bubbles, Question
from training.statistics import Value

WIN = "relationship_win"
WINS = 0.60
"""The wanted win rate of relationships."""

_EXAMPLES, _PHOTOS, _AS_OF = 4, 2, 2
_FEWEST_SHOWN = 4  # replies of a relationship that get a line in the figure


def findings(
    draft: Draft,
    adaptation: Adaptation | None,
    years: Years | None,
    missing: tuple[str, ...],
    values: Mapping[Kind, Mapping[str, Value]],
) -> Iterator[str]:
    """Relationships first, then photos, then years. missing: why nothing can be said of the three."""
    unadapted, unseen, undated = missing
    avatar = values[Kind.AVATAR]
    if unadapted:
        yield unadapted
    if WIN in avatar:
        win = avatar[WIN]
        sure = win.low > CHANCE
        heeds = ("yes" if sure else "perhaps") if win.number >= WINS else "little" if sure else "no"
        verdict = draft.say(f"heeds.{heeds}")
        yield draft.say("findings.relationship", win=win, base=values[Kind.BASE][WIN].number, verdict=verdict)
    if adaptation and "relationship_ratio" in avatar:
        first, second = ([word(draft, one) for one in RELATIONSHIPS if one in half] for half in adaptation.sides)
        yield draft.say(
            "findings.adapts",
            first=first,
            second=second,
            real=adaptation.real.number,
            own=avatar["relationship_accuracy"].number,
            ratio=avatar["relationship_ratio"].number,
        )
    if unseen:
        yield unseen
    if "picture_swapped" in avatar:
        yield draft.say("findings.photos", swapped=avatar["picture_swapped"], blank=avatar["picture_blank"])
    if "new_shown" in avatar:
        yield draft.say("findings.new", **{key: avatar[f"new_{key}"] for key in ("alone", "shown", "copied")})
    if undated:
        yield undated
    elif years and "era_accuracy" in avatar:
        own = avatar["era_accuracy"]
        yield draft.say(
            "findings.years",
            earlier=years.eras[0],
            later=years.eras[1],
            real=years.real.number,
            own=own,
            win=avatar["era_win"],
            heeds=own.low > CHANCE,
            bundle=BUNDLE,
        )


def word(draft: Draft, relationship: str) -> str:
    return RELATIONSHIPS[relationship] if draft.data.language == "zh" else relationship


def examples(
    draft: Draft,
    tagged: Sequence[Trial],
    seen: Sequence[Trial],
    found: Mapping[str, Sequence[Pair]],
    years: Years | None,
    dated: Sequence[Bubbles],
) -> Iterator[Example]:
    """The replies for which the relationship, and the photo, made most of a difference; then some as of either year.

    dated: what was answered as of each year, if that was asked.
    """

    def most(trials: Sequence[Trial], key: str) -> list[tuple[Trial, Pair]]:
        return sorted(zip(trials, found.get(key, ()), strict=True), key=lambda one: -abs(one[1].gain))

    chats: set[str] = set()
    for trial, pair in most(tagged, WIN):
        if len(chats) < _EXAMPLES and trial.occasion.chat not in chats:
            chats.add(trial.occasion.chat)
            right, wrong = word(draft, trial.relationship), word(draft, trial.wrong)
            note = draft.say("example.tag", right=right, wrong=wrong, nats=pair.right, other=pair.other)
            asked = Question(trial.occasion.question.scene, trial.occasion.question.turns[-1:])
            yield draft.example(asked, {draft.person: trial.occasion.real}, note)
    for trial, pair in most(seen, "picture_swapped")[:_PHOTOS]:
        note = draft.say("example.photo", nats=pair.right, other=pair.other)
        photos = recent_photos(trial.occasion.question)
        yield draft.example(trial.occasion.question, {draft.person: trial.occasion.real}, note, photos)

    if years and dated:
        yield from _as_of(draft, years, dated)


def _as_of(draft: Draft, years: Years, replies: Sequence[Bubbles]) -> Iterator[Example]:
    """What was answered to the same question as of each year: the first few that differ."""
    number = len(years.asked)
    pairs = zip(years.asked, replies[:number], replies[number:], strict=True)
    for occasion, *answers in [one for one in pairs if one[1] != one[2]][:_AS_OF]:
        said = {draft.say("as_of", era=era): answer for era, answer in zip(years.eras, answers, strict=True)}
        asked = Question(occasion.question.scene, occasion.question.turns[-1:])
        yield draft.example(asked, {draft.person: occasion.real, **said})


def drawings(draft: Draft, pairs: Mapping[Kind, Sequence[Pair]]) -> Iterator[Figure]:
    """Draws the win rate by relationship, for each respondent."""
    counts = Counter(pair.place for pair in next(iter(pairs.values()), ()))
    places = [place for place, number in counts.most_common() if number >= _FEWEST_SHOWN]

    def paint(drawing: Drawing) -> None:
        axes = figures.axes(drawing, x=draft.say("likelier"))
        axes.axvline(CHANCE, color=figures.SOFT, linewidth=1, linestyle="--")
        axes.set_xlim(-0.03, 1.03)
        lines = {
            kind: [win_rate([pair for pair in some if pair.place == where]) for where in places]
            for kind, some in pairs.items()
        }
        figures.intervals(axes, [f"{word(draft, where)} ({counts[where]})" for where in places], lines, draft.names)

    if places:
        yield draft.figure("by_relationship", paint, height=1.4 + 0.45 * len(places))
