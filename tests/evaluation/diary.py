"""A person's chats made in a test: Nora is short and lower-case with friends, and writes letters to her elders."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.message import ChatKind
from bot.people import People
from bot.persona import Persona
from training.data.dialogues import Dialogue
from training.data.splits import Split, Splits
from training.evaluation.data import EvaluationData
from training.evaluation.respondent import Bubbles, Likelihood, Question, as_turn, texts
from training.scoring import Reply, Scores

MEI, GRAN, TOM = Speaker("Mei", "friend"), Speaker("Edith", "elder"), Speaker("Tom", "colleague")
TOPICS = (
    "soup",
    "bread",
    "harbour",
    "umbrella",
    "bicycle",
    "teapot",
    "book",
    "cat",
    "apple",
    "noodles",
    "rain",
    "train",
)
_FIRST = date(2026, 3, 1)


def to_friends(topic: str, number: int) -> Bubbles:
    return (f"lol the {topic}", "so good" + "!" * (number % 3 + 1), *(["omg"] if number % 2 else []))


def to_elders(topic: str, number: int) -> Bubbles:
    return (f"Dear Grandmother, thank you for asking about the {topic}. I shall visit in {2 + number % 5} days.",)


def alike(topic: str, number: int) -> Bubbles:
    """Somebody who talks to everybody the same."""
    return (f"The {topic} is fine{'.' if number % 2 else '!'}",)


def day_of(number: int) -> date:
    return _FIRST + timedelta(days=number)


def private(
    partner: Speaker,
    number: int,
    answer: Callable[[str, int], Bubbles],
    persona: Persona,
    photo: Callable[[int], str] | None = None,
) -> Dialogue:
    """One evening: two questions and two answers."""
    turns: list[Turn] = []
    start = datetime(2026, 3, 1, 18, tzinfo=UTC) + timedelta(days=number)
    for half in range(2):
        topic = TOPICS[(3 * number + 5 * half) % len(TOPICS)]
        at = start + timedelta(minutes=4 * half)
        photos = (photo(2 * number + half),) if photo else ()
        asked = f"{'Darling' if partner == GRAN else 'hey'}, what about the {topic} on day {number}?"
        turns.append(Turn(partner, (Bubble(asked, photos),), at))
        turns.append(Turn(None, tuple(map(Bubble, answer(topic, number + half))), at + timedelta(minutes=2)))
    scene = Scene(persona, ChatKind.PRIVATE, partner)
    chat = f"test:{partner.name}"
    numbers = tuple(1000 * number + 10 * len(partner.name or "") + index for index in range(len(turns)))
    return Dialogue(chat, scene, tuple(turns), 0, day_of(number), (False,) * len(turns), numbers, 1)


def diary(
    days: int = 50,
    styles: Mapping[Speaker, Callable[[str, int], Bubbles]] | None = None,
    language: str = "en",
    photo: Callable[[int], str] | None = None,
) -> EvaluationData:
    """A dialogue with each partner on each day; 60/20/20 of the days."""
    persona = Persona("Nora", language=language)
    styles = {MEI: to_friends, GRAN: to_elders} if styles is None else styles
    splits = Splits.of(map(day_of, range(days)))
    dialogues = [private(who, number, style, persona, photo) for number in range(days) for who, style in styles.items()]
    by_split = {split: tuple(one for one in dialogues if splits.split_of(one.day) is split) for split in Split}
    return EvaluationData(persona, People.of(()), splits, by_split, (), (), ())


@dataclass(frozen=True)
class Teller:
    """A planted respondent. nats: of an answer in a scene, after these turns; reply: what it writes."""

    name: str
    nats: Callable[[Scene, Sequence[Turn], Bubbles], float]
    reply: Callable[[Question], Bubbles] = lambda _: ("As an AI language model, I can help.",)
    asked: list[Question] = field(default_factory=list)

    def score(self, dialogues: Sequence[Dialogue]) -> list[Scores]:
        return [Scores({}, tuple(self._replies(dialogue)), 1) for dialogue in dialogues]

    def _replies(self, dialogue: Dialogue) -> list[Reply]:
        found = []
        for index in range(dialogue.context, len(dialogue.turns)):
            turn = dialogue.turns[index]
            if turn.speaker is None:
                said = texts(turn.bubbles)
                nats = self.nats(dialogue.scene, dialogue.turns[:index], said)
                size = len("\n".join(said))
                about = (dialogue.chat, dialogue.scene.kind, dialogue.day)
                found.append(Reply(*about, nats, size + 1, size, index, index == dialogue.first))
        return found

    def write(self, questions: Sequence[Question], seed: int = 0) -> list[Bubbles]:
        return [self.reply(question) for question in questions]

    def likelihood(
        self, questions: Sequence[Question], candidates: Sequence[Sequence[Bubbles]]
    ) -> list[list[Likelihood]]:
        self.asked.extend(questions)
        return [
            [self._likelihood(question, one) for one in some]
            for question, some in zip(questions, candidates, strict=True)
        ]

    def _likelihood(self, question: Question, said: Bubbles) -> Likelihood:
        size = len("\n".join(texts(as_turn(said, question).bubbles)))
        return Likelihood(self.nats(question.scene, question.turns, said), size + 1, size)


def length(said: Bubbles) -> int:
    return len("\n".join(said))


def plain(_scene: Scene, _turns: Sequence[Turn], said: Bubbles) -> float:
    """Knows nothing: three nats for every character."""
    return 3.0 * length(said) + 3.0


def with_context(data: EvaluationData, number: int) -> EvaluationData:
    """As if the first turns of each dialogue had been carried over."""
    return replace(
        data,
        dialogues={
            split: tuple(replace(one, context=number) for one in found) for split, found in data.dialogues.items()
        },
    )
