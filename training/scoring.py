"""What a model thinks of real dialogues: their decisions and replies, asked of an engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.chat.prompt import Codec, Prompt, render
from bot.engine.base import DialogueScores, ScoredDialogue
from bot.message import ChatKind
from training.data.dialogues import DecisionPoint, Dialogue, decision_points


@dataclass(frozen=True, slots=True)
class Reply:
    """nats: −log p of a real turn of the subject and its end. In a group, given that there is an answer.

    turn: which of the dialogue's turns it is. opens: whether it is the first reply after a silence.
    """

    chat: str
    kind: ChatKind
    day: date
    nats: float
    tokens: int
    characters: int  # with the breaks between bubbles
    turn: int
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Scores:
    """decisions: log p(answer) − log p(silence), by the message decided on. read: how many dialogues."""

    decisions: Mapping[int, float]
    replies: tuple[Reply, ...]
    read: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """A dialogue as an engine reads it. turns: which turns the replies are, as `asked` lists them."""

    dialogue: Dialogue
    asked: ScoredDialogue
    points: tuple[DecisionPoint, ...]
    turns: tuple[int, ...]

    @classmethod
    def of(cls, dialogue: Dialogue, codec: Codec, *, replies: bool = True) -> "Rendered":
        """Renders a dialogue, with every decision that counts and, with `replies`, every real reply that is its own."""
        prompt: Prompt = render(dialogue.scene, dialogue.turns, codec)
        points = tuple(decision_points(dialogue, prompt))
        said = [turn for turn in prompt.avatar_turns if replies and turn.turn >= dialogue.context and not turn.silent]
        asked = ScoredDialogue(
            prompt,
            tuple(point.position for point in points),
            tuple((turn.start, turn.end) for turn in said),
            dialogue.scene.kind is ChatKind.GROUP,
        )
        return cls(dialogue, asked, points, tuple(turn.turn for turn in said))

    def decisions(self, log_odds: Sequence[float]) -> dict[int, float]:
        """Returns the log-odds by the message decided on."""
        return {point.message: odds for point, odds in zip(self.points, log_odds, strict=True)}

    def scores(self, found: DialogueScores, codec: Codec) -> Scores:
        """Returns the engine's numbers, each with what it is about."""
        dialogue, ids = self.dialogue, self.asked.prompt.ids
        replies = []
        for (start, end), turn, nats in zip(self.asked.replies, self.turns, found.nats, strict=True):
            characters = len(codec.decode(list(ids[start:end])))
            about = (dialogue.chat, dialogue.scene.kind, dialogue.day)
            replies.append(Reply(*about, nats, end - start, characters, turn, turn == dialogue.first))
        return Scores(self.decisions(found.log_odds), tuple(replies), 1)
