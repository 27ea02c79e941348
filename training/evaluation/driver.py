"""How every panel is made: each respondent is asked alike, the rows stand in one order, the catalogue has the words."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from training.evaluation.data import EvaluationData
from training.evaluation.figures import Paint, draw
from training.evaluation.panel import LETTERS, Example, Figure, Kind, Metric, Panel, Row, Target
from training.evaluation.respondent import Bubbles, Question, Respondent, Respondents, texts
from training.evaluation.words import Words
from training.statistics import Floats, Value, value

T = TypeVar("T")

Drawn = dict[str, Floats]
"""By metric, a measure as `training.statistics` draws it."""


class Draft:
    """One panel in the making. key: the panel's, and that of its words. respondents, names: by their kind of row."""

    def __init__(self, key: str, data: EvaluationData, respondents: Respondents | None) -> None:
        self.key, self.data, self.person = key, data, data.persona.name
        self.words = Words(data.language)
        three = (respondents.avatar, respondents.against, respondents.base) if respondents else ()
        every = zip((Kind.AVATAR, Kind.AGAINST, Kind.BASE), three, strict=False)
        self.respondents: Mapping[Kind, Respondent] = {kind: respondent for kind, respondent in every if respondent}
        self.names = {kind: respondent.name for kind, respondent in self.respondents.items()}

    def say(self, key: str, /, **names: object) -> str:
        """Returns the panel's own words for a key, in the reader's language."""
        return self.words(f"{self.key}.{key}", person=self.person, **names)

    def ask(self, measure: Callable[[Respondent], T]) -> dict[Kind, T]:
        """Measures every respondent; returns the results by kind of row."""
        return {kind: measure(respondent) for kind, respondent in self.respondents.items()}

    def metric(self, key: str, target: Target | None = None, unit: str = "", digits: int = 2) -> Metric:
        return Metric(key, self.say(f"metrics.{key}"), target, unit, digits)

    def row(
        self,
        kind: Kind,
        values: Mapping[str, Value] | None = None,
        key: str = "",
        refuted: Mapping[str, str] | None = None,
        **names: object,
    ) -> Row:
        """Makes a row with its name and note. key: of its words, where the kind has several rows. names: for those.

        A respondent is called by its own name. Why a number is refuted is said in the note, too.
        """
        words = f"rows.{key or kind.name.lower()}"
        name = self.names.get(kind) or self.say(f"{words}.name", **names)
        note = self.say(f"{words}.note", **names) if f"{self.key}.{words}.note" in self.words else ""
        why = dict.fromkeys((refuted or {}).values())
        return Row(kind, name, values or {}, " ".join(filter(None, (note, *why))), refuted or {})

    def rows(self, respondents: Mapping[Kind, Mapping[str, Value]], *controls: Row) -> tuple[Row, ...]:
        """Returns the respondents' rows, from their values, and the controls, in the order of the kinds."""
        order = list(Kind)
        every = (*(self.row(kind, values) for kind, values in respondents.items()), *controls)
        return tuple(sorted(every, key=lambda row: order.index(row.kind)))

    def figure(self, key: str, paint: Paint, width: float = 4.8, height: float = 3.0, **names: object) -> Figure:
        title, caption = self.say(f"figures.{key}.title", **names), self.say(f"figures.{key}.caption", **names)
        return Figure(title, draw(paint, width, height), caption)

    def example(
        self, question: Question, answers: Mapping[str, Bubbles], note: str = "", photos: Iterable[str] | None = None
    ) -> Example:
        """Shows the last three turns, a line for each bubble (`Mei: you coming?`), with their photos or `photos`."""
        lines, seen = list[str](), list[str]()
        for turn in question.turns[-3:]:
            who = self.words("panel.me") if turn.speaker is None else turn.speaker.name or self.words("panel.somebody")
            shown = [photo for bubble in turn.bubbles for photo in bubble.photos]
            lines += [f"{who}: {line}" for line in [self.words("panel.photo")] * len(shown) + list(texts(turn.bubbles))]
            seen += shown
        return Example(tuple(lines), answers, tuple(seen if photos is None else photos), note)

    def panel(
        self,
        metrics: Iterable[Metric] = (),
        rows: Iterable[Row] = (),
        missing: str | None = None,
        figures: Iterable[Figure] = (),
        examples: Iterable[Example] = (),
        findings: Iterable[str] = (),
        differences: Mapping[str, Value] | None = None,
        **names: object,
    ) -> Panel:
        """Finishes the panel. missing: why there is no verdict. names: for the words of what the panel is about."""
        if missing is None and Kind.AVATAR not in self.respondents:
            missing = self.words("panel.no_avatar")
        return Panel(
            self.key,
            LETTERS[self.key],
            self.say("title"),
            self.say("what", **names),
            tuple(metrics),
            tuple(rows),
            missing,
            tuple(figures),
            tuple(examples),
            tuple(findings),
            differences or {},
        )


def values(drawn: Drawn) -> dict[str, Value]:
    return {key: value(found) for key, found in drawn.items()}


def differences(drawn: Mapping[Kind, Drawn]) -> dict[str, Value]:
    """Returns the avatar's measures less those of `against`, draw by draw; {} where there is no second avatar."""
    avatar, against = drawn.get(Kind.AVATAR), drawn.get(Kind.AGAINST)
    if avatar is None or against is None:
        return {}
    return {key: value(found - against[key]) for key, found in avatar.items() if key in against}
