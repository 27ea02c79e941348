"""Panel H: talks in which the avatar's own replies are the past. Its controls fail as they should."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.chat.dialogue import Bubble, Scene, Turn
from bot.message import ChatKind
from bot.people import People
from bot.persona import Persona
from tests.evaluation.diary import GRAN, MEI, TOPICS, Teller, day_of
from training.data.dialogues import Dialogue
from training.data.splits import Split, Splits
from training.evaluation.data import EvaluationData
from training.evaluation.limits import FULL
from training.evaluation.panel import Kind, Panel
from training.evaluation.panels.talk.panel import panel
from training.evaluation.respondent import Bubbles, Question, Respondents, texts
from training.evaluation.words import LANGUAGES

REPLIES = 5


def topic_of(question: Question) -> str:
    asked = " ".join(texts(question.turns[-1].bubbles))
    return next(topic for topic in TOPICS if topic in asked)


def as_nora(question: Question) -> Bubbles:
    number = sum(turn.speaker is None for turn in question.turns)
    day = question.turns[-1].at.day
    openings = ("the", "my", "that", "a new", "some", "no more")
    return (f"{openings[(number + day) % 6]} {topic_of(question)}, day {day} no {number}",)


def evening(number: int, persona: Persona) -> Dialogue:
    """Five questions and answers."""
    turns: list[Turn] = []
    at = datetime(2026, 3, 1, 18, tzinfo=UTC) + timedelta(days=number)
    scene = Scene(persona, ChatKind.PRIVATE, MEI if number % 2 else GRAN)
    for place in range(REPLIES):
        asked = f"hey, how was the {TOPICS[(3 * number + place) % len(TOPICS)]} today?"
        turns.append(Turn(scene.partner, (Bubble(asked),), at))
        turns.append(Turn(None, tuple(map(Bubble, as_nora(Question(scene, tuple(turns))))), at))
    return Dialogue("test:mei", scene, tuple(turns), 0, day_of(number), (False,) * len(turns), (0,) * len(turns))


def chats(days: int = 60, language: str = "en") -> EvaluationData:
    persona = Persona("Nora", language=language)
    splits = Splits.of(map(day_of, range(days)))
    every = [evening(number, persona) for number in range(days)]
    by_split = {split: tuple(one for one in every if splits.split_of(one.day) is split) for split in Split}
    return EvaluationData(persona, People.of(()), splits, by_split, (), (), ())


def hears(_scene: Scene, turns: Sequence[Turn], said: Bubbles) -> float:
    """A model that finds a reply likelier where it is about what was asked."""
    asked = set(" ".join(texts(turns[-1].bubbles)).strip("?").split())
    words = " ".join(said).replace(",", "").split()
    return sum(1.0 if word in asked - {"the"} else 5.0 for word in words)


def measured(reply: object, days: int = 60, language: str = "en") -> Panel:
    base = Teller("base", hears)
    return panel(chats(days, language), Respondents(base, Teller("avatar", hears, reply)), FULL)  # type: ignore[arg-type]


def numbers(found: Panel, kind: Kind = Kind.AVATAR, name: str = "") -> dict[str, float]:
    [row] = [row for row in found.rows if row.kind is kind and (not name or row.name == name)]
    return {key: value.number for key, value in row.values.items()}


def test_who_talks_as_the_person_does_passes() -> None:
    found = measured(as_nora)
    assert found.not_measurable is None and all(found.verdicts().values()), found.verdicts()
    assert numbers(found) == pytest.approx(numbers(found, Kind.CEILING))
    assert numbers(found, Kind.CEILING)["wins"] > 0.95
    assert numbers(found, Kind.SHUFFLED)["wins"] == pytest.approx(0.5, abs=0.15)
    assert found.findings[0].startswith("Its replies answer")


def test_the_controls_fail() -> None:
    found = measured(as_nora)
    metrics = {metric.key: metric for metric in found.metrics}
    missed = {}
    for row in found.rows:
        if row.kind is Kind.DEGENERATE:
            missed[row.name] = {key for key, metric in metrics.items() if found.met(row, metric) is False}
    assert {"answers", "again", "elsewhere"} <= missed["one stock reply"]
    assert "echoed" in missed["an echo"] and "answers" not in missed["an echo"], "which alone would pass for an answer"


def test_the_same_again_whatever_is_asked_is_seen_and_said() -> None:
    found = measured(lambda _: ("oh yes.",))
    assert numbers(found)["wins"] == 0.5 and numbers(found)["answers"] == 0.0
    assert found.verdicts()["again"] is False and found.verdicts()["elsewhere"] is False
    assert "beside the point" in found.findings[0] and "says the same" in found.findings[1]


def test_what_creeps_in_as_the_talk_goes_on_is_seen() -> None:
    def rambling(question: Question) -> Bubbles:
        [said] = as_nora(question)
        own = [text for turn in question.turns if turn.speaker is None for text in texts(turn.bubbles)]
        return (said + " 🎱" * len(own) + " and so on" * len(own),)

    found = measured(rambling)
    assert found.verdicts()["deep"] is False and found.verdicts()["emoji"] is False
    assert numbers(found)["deep"] > 1.5 and "longer" in found.findings[-1]


def test_its_own_replies_are_the_past_and_the_partner_says_what_was_said() -> None:
    avatar = Teller("avatar", hears, lambda question: (f"reply {len(question.turns)}",))
    base = Teller("base", hears)
    found = panel(chats(), Respondents(base, avatar), FULL)
    talk = found.examples[0]
    assert talk.answers["avatar"][0] == "reply 1" and talk.answers["avatar"][2] == "reply 3"
    assert talk.answers["Nora"][1] == talk.answers["avatar"][1], "the partner's words"
    assert len(talk.answers["avatar"]) == 2 * REPLIES - 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_too_few_talks_nothing_is_said(language: str) -> None:
    found = measured(as_nora, 20, language)
    assert found.not_measurable and "4" in found.not_measurable and not found.rows
    assert measured(as_nora, 60, language).figures[0].svg.startswith("<svg")


def test_where_even_the_persons_replies_are_not_told_apart_there_is_no_verdict() -> None:
    deaf = Teller("base", lambda _scene, _turns, said: 3.0 * len(" ".join(said)))
    found = panel(chats(), Respondents(deaf, Teller("avatar", hears, as_nora)), FULL)
    assert found.not_measurable and "may be chance" in found.not_measurable
    assert math.isnan(numbers(found)["answers"]) and found.verdicts()["answers"] is None
