"""Makes samples of dialogues: token ids, and for each place that counts what should come next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.chat.dialogue import Bubble, Turn
from bot.chat.prompt import Codec, PhotoSpan, render
from bot.message import ChatKind
from training.data.dialogues import Dialogue, decision_points

IGNORED = -100
UNDECIDED = -1


@dataclass(frozen=True, slots=True)
class Place:
    """After ids[at] the id `target` should come (IGNORED: no text is learnt here).

    open: an avatar's turn in a group begins here, so that the end of turn would mean silence.
    answered: 1 or 0 where a decision counts, else UNDECIDED.
    """

    at: int
    target: int
    open: bool = False
    answered: int = UNDECIDED


@dataclass(frozen=True, slots=True)
class Sample:
    ids: tuple[int, ...]
    places: tuple[Place, ...]
    photos: tuple[PhotoSpan, ...]
    weight: float = 1.0  # of its decisions

    @property
    def texts(self) -> int:
        """How many ids of text are learnt."""
        return sum(place.target != IGNORED for place in self.places)

    @property
    def decisions(self) -> int:
        return sum(place.answered != UNDECIDED for place in self.places)


def sample_of(dialogue: Dialogue, codec: Codec) -> Sample:
    """Makes one packed sequence, with every turn of the subject and its end, and every decision that counts.

    Carried turns are read, not learnt. A message left unanswered while the subject was away is read only, too.
    """
    prompt = render(dialogue.scene, dialogue.turns, codec)
    decided = {point.position: int(point.answered) for point in decision_points(dialogue, prompt)}
    group = dialogue.scene.kind is ChatKind.GROUP
    places: list[Place] = []
    for turn in prompt.avatar_turns:
        if turn.turn < dialogue.context:
            continue
        if turn.silent:
            if turn.start in decided:
                places.append(Place(turn.start - 1, IGNORED, open=True, answered=decided[turn.start]))
            continue
        for at in range(turn.start, turn.end):
            first = group and at == turn.start
            answered = decided.get(at, UNDECIDED) if first else UNDECIDED
            places.append(Place(at - 1, prompt.ids[at], open=first, answered=answered))
    return Sample(prompt.ids, tuple(places), prompt.photos)


def samples_of(dialogues: Sequence[Dialogue], codec: Codec, *, bubbles: bool = True) -> list[Sample]:
    """Makes the samples from which anything is learnt, in the dialogues' order; bubbles as in `Preset`."""
    shown = dialogues if bubbles else [joined(dialogue) for dialogue in dialogues]
    return [sample for dialogue in shown if (sample := sample_of(dialogue, codec)).places]


def apart(sample: Sample) -> list[Sample]:
    """Makes each learnt turn, and each silence, a sample of its own, behind what stood before it."""
    turns: list[list[Place]] = []
    for place in sample.places:
        if turns and turns[-1][-1].at + 1 == place.at:
            turns[-1].append(place)
        else:
            turns.append([place])
    return [
        replace(
            sample,
            ids=sample.ids[: places[-1].at + 1],
            places=tuple(places),
            photos=tuple(photo for photo in sample.photos if photo.end <= places[-1].at + 1),
        )
        for places in turns
    ]


def joined(dialogue: Dialogue) -> Dialogue:
    """Joins the subject's bubbles of a turn into a single one; the lines of a page stay."""
    if dialogue.scene.page is not None:
        return dialogue

    def one(turn: Turn) -> Turn:
        if turn.speaker is not None or len(turn.bubbles) < 2:
            return turn
        text = " ".join(bubble.text.strip() for bubble in turn.bubbles if bubble.text.strip())
        photos = tuple(photo for each in turn.bubbles for photo in each.photos)
        reactions = tuple(Bubble(reactions=each.reactions) for each in turn.bubbles if each.reactions)
        return replace(turn, bubbles=(*reactions, Bubble(text, photos)))

    return replace(dialogue, turns=tuple(one(turn) for turn in dialogue.turns))
