"""A dialogue as the model sees it: its prompt in parts, what is learnt told from the rest, decisions labelled."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from bot.chat.prompt import Codec, render
from training.data.dialogues import Dialogue, decision_points


class Mark(Enum):
    """What a part of a prompt is: read, learnt, or the label of a decision, which is not in it."""

    READ = auto()
    LEARNT = auto()
    ANSWERED = auto()
    SILENT = auto()


@dataclass(frozen=True, slots=True)
class Part:
    mark: Mark
    text: str = ""


def parts(dialogue: Dialogue, codec: Codec) -> Iterator[Part]:
    """Yields the prompt in order. A photo's many places are one `<|image_pad|>`."""
    prompt = render(dialogue.scene, dialogue.turns, codec)
    learnt = prompt.loss_mask(dialogue.context)
    decided = {point.position: point.answered for point in decision_points(dialogue, prompt)}
    silent = {turn.start for turn in prompt.avatar_turns if turn.silent}  # an end of turn with nothing before it
    pad = codec.control["<|image_pad|>"]
    begun, held = False, list[int]()

    def flush() -> Iterator[Part]:
        if held:
            yield Part(Mark.LEARNT if begun else Mark.READ, codec.tokenizer.decode(held, skip_special_tokens=False))
            held.clear()

    for place, token in enumerate(prompt.ids):
        if place in decided:
            yield from flush()
            yield Part(Mark.ANSWERED if decided[place] else Mark.SILENT)
        now = learnt[place] and not (place in silent and place not in decided)
        if now != begun:
            yield from flush()
            begun = now
        if not (token == pad and held and held[-1] == pad):
            held.append(token)
    yield from flush()
