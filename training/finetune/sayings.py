"""What the avatar says to the same few questions as it learns: people look at that rather than at a loss."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from bot.chat.dialogue import Scene, Turn
from bot.chat.prompt import Codec, render
from bot.engine.batch.head import OutputHead
from bot.engine.batch.prefix import BatchDecoder
from bot.engine.batch.replies import ReplyWriter
from bot.engine.choice import Chooser
from bot.engine.models import LoadedModel
from bot.media import MediaStore
from bot.message import ChatKind
from bot.sampling import Sampling
from training.data.dialogues import Dialogue
from training.finetune.attention import usual_attention

MOST = 3
_SAMPLING = Sampling(temperature=0.7, presence_penalty=0.4, max_tokens=32)
_SEED = 11  # always the same, so that what changes is what was learnt
_LONGEST = 90  # letters of a question
_BYTES = 1 << 28  # of key-value states at once


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody really asked on a day that is not learnt, with what stood before it."""

    who: str
    text: str
    scene: Scene
    turns: tuple[Turn, ...]


def questions(validation: Sequence[Dialogue], most: int = MOST) -> list[Question]:
    """Finds questions that the subject answered in private, each of another person as far as there are so many."""
    found = sorted(_asked(validation), key=lambda one: len(one.text))
    middle = sorted(range(len(found)), key=lambda place: abs(place - len(found) // 2))  # neither curt nor long ones
    first: dict[str, Question] = {}
    for place in middle:
        first.setdefault(found[place].who, found[place])
    others = [found[place] for place in middle if found[place] not in first.values()]
    return [*first.values(), *others][:most]


class Sayings:
    """Has the model in training answer questions. It learns nothing of them."""

    def __init__(self, loaded: LoadedModel, codec: Codec, media: MediaStore, asked: Sequence[Question]) -> None:
        self._model, self._codec, self._asked = loaded.model, codec, asked
        chooser = Chooser(codec, loaded.model.config.get_text_config().vocab_size)
        head = OutputHead(loaded, codec.end_of_turn)
        self._writer = ReplyWriter(BatchDecoder(loaded, media), head, codec, chooser, MOST, _BYTES)

    def now(self) -> list[str]:
        """Returns a line for each question and its answer, as the model is now."""
        prompts = [render(one.scene, one.turns, self._codec, open_turn=True) for one in self._asked]
        learning = self._model.training
        self._model.train(False)
        said: dict[int, str] = {}
        try:
            with usual_attention(self._model), torch.inference_mode():
                for found in self._writer.write(prompts, [_SEED] * len(prompts), _SAMPLING):
                    said |= found
        finally:
            self._model.train(learning)
        return [f"{one.who}: {one.text}  →  {' / '.join(said[n].splitlines())}" for n, one in enumerate(self._asked)]


def _asked(dialogues: Sequence[Dialogue]) -> Iterator[Question]:
    for dialogue in dialogues:
        if dialogue.scene.kind is not ChatKind.PRIVATE or dialogue.scene.partner.name is None:
            continue
        for place in range(dialogue.context, len(dialogue.turns) - 1):
            turn, answer = dialogue.turns[place], dialogue.turns[place + 1]
            text = " ".join(bubble.text for bubble in turn.bubbles).strip()
            photos = any(bubble.photos for bubble in turn.bubbles)
            if turn.speaker is None or answer.speaker is not None or photos or len(text) > _LONGEST:
                continue
            if text.endswith(("?", "？")):
                yield Question(dialogue.scene.partner.name, text, dialogue.scene, dialogue.turns[: place + 1])
