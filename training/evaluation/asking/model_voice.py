"""A model, with a LoRA or none, as a voice that can be examined."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.chat.prompt import AvatarTurn, Codec, Prompt, render
from bot.engine.cache import reading_of
from bot.message import ChatKind
from training.data.dialogues import DecisionPoint, Dialogue, decision_points
from training.evaluation.asking.answers import answering
from training.evaluation.asking.scoring import Reply, Scores
from training.evaluation.asking.shared_model import SharedModel
from training.evaluation.asking.store import digest
from training.evaluation.asking.weighing import Weighed
from training.evaluation.voice import Bubbles, Likelihood, Question, as_turn

_SEEDS = 1 << 63


class ModelVoice:
    """See `training.evaluation.voice.Voice`. Each method does only what the store does not know."""

    def __init__(self, name: str, model: SharedModel, lora: Path | None) -> None:
        """name: as the report and the progress show it. Raises PermanentError where the LoRA is not for this model."""
        self._name, self._model, self._lora = name, model, lora
        self._identity = model.identity(lora)

    @property
    def name(self) -> str:
        return self._name

    def score(self, dialogues: Sequence[Dialogue]) -> list[Scores]:
        """Every decision and every real reply of each dialogue."""
        model = self._model
        scored = [_scored(dialogue, model.codec) for dialogue in dialogues]
        keys = [one.key for one in scored]
        with answering(model.kept, self._identity, "scores", keys, f"{self._name}: reading", "dialogue") as answers:
            if missing := answers.missing:
                batches = model.scorer.batches([dialogues[index] for index in missing])
                with model.wearing(self._lora), closing(batches):
                    for batch in batches:
                        answers.put({missing[place]: _plain(scores) for place, scores in batch.items()})
            return [one.scores(answer, model.codec) for one, answer in zip(scored, answers.all(), strict=True)]

    def write(self, questions: Sequence[Question], seed: int = 0) -> list[Bubbles]:
        """One answer each, as the avatar would send it; never silence.

        `seed` and the question decide on an answer, whatever else is asked. It is empty only where the model, tried
        three times, wrote nothing that can be seen.
        """
        model = self._model
        prompts = [self._opened(question) for question in questions]
        keys = [digest(_content(prompt), model.sampling, seed) for prompt in prompts]
        with answering(model.kept, self._identity, "replies", keys, f"{self._name}: answering", "answer") as answers:
            if missing := answers.missing:
                seeds = [int(keys[index], 16) % _SEEDS for index in missing]
                finished = model.writer.write([prompts[index] for index in missing], seeds)
                with model.wearing(self._lora), closing(finished):
                    for some in finished:
                        answers.put({missing[place]: bubbles for place, bubbles in some.items()})
            return [tuple(answer) for answer in answers.all()]

    def likelihood(
        self, questions: Sequence[Question], candidates: Sequence[Sequence[Bubbles]]
    ) -> list[list[Likelihood]]:
        """For each question, how likely each of its candidates is. A candidate without words is silence."""
        model = self._model
        prompts = [self._opened(question) for question in questions]
        turns = [
            Weighed(index, _turn_ids(question, bubbles, model.codec), question.scene.kind is ChatKind.GROUP)
            for index, (question, some) in enumerate(zip(questions, candidates, strict=True))
            for bubbles in some
        ]
        contents = [_content(prompt) for prompt in prompts]
        keys = [digest(contents[turn.after], turn.ids, turn.group) for turn in turns]
        with answering(model.kept, self._identity, "turns", keys, f"{self._name}: weighing", "turn") as answers:
            if missing := answers.missing:
                weighed = model.weigher.weigh(prompts, [turns[index] for index in missing])
                with model.wearing(self._lora), closing(weighed):
                    for some in weighed:
                        answers.put({missing[place]: nats for place, nats in some.items()})
            found: list[list[Likelihood]] = [[] for _ in questions]
            for turn, nats in zip(turns, answers.all(), strict=True):
                found[turn.after].append(Likelihood(nats, len(turn.ids), len(model.codec.decode(list(turn.ids)))))
            return found

    def _opened(self, question: Question) -> Prompt:
        return render(question.scene, question.turns, self._model.codec, open_turn=True)


@dataclass(frozen=True, slots=True)
class _Scored:
    """What of a dialogue is scored, and by which key it is kept."""

    dialogue: Dialogue
    ids: tuple[int, ...]
    points: tuple[DecisionPoint, ...]
    turns: tuple[AvatarTurn, ...]
    key: str

    def scores(self, answer: Any, codec: Codec) -> Scores:
        dialogue = self.dialogue
        replies = []
        for turn, nats in zip(self.turns, answer["nats"], strict=True):
            said = self.ids[turn.start : turn.end]
            characters = len(codec.decode(list(said)))
            replies.append(
                Reply(dialogue.chat, dialogue.scene.kind, dialogue.day, nats, len(said), characters, turn.turn)
            )
        decisions = {point.message: odds for point, odds in zip(self.points, answer["odds"], strict=True)}
        return Scores(decisions, tuple(replies), 1)


def _scored(dialogue: Dialogue, codec: Codec) -> _Scored:
    prompt = render(dialogue.scene, dialogue.turns, codec)
    points = tuple(decision_points(dialogue, prompt))
    turns = tuple(turn for turn in prompt.avatar_turns if turn.turn >= dialogue.context and not turn.silent)
    spans = [(turn.start, turn.end) for turn in turns]
    key = digest(_content(prompt), [point.position for point in points], spans, dialogue.scene.kind)
    return _Scored(dialogue, prompt.ids, points, turns, key)


def _plain(scores: Scores) -> dict[str, list[float]]:
    return {"odds": list(scores.decisions.values()), "nats": [reply.nats for reply in scores.replies]}


def _content(prompt: Prompt) -> bytes:
    return reading_of(prompt).tobytes()


def _turn_ids(question: Question, bubbles: Bubbles, codec: Codec) -> tuple[int, ...]:
    """An answer's ids with its end; they do not depend on what stands before."""
    prompt = render(question.scene, (as_turn(bubbles, question),), codec)
    turn = prompt.avatar_turns[0]
    return prompt.ids[turn.start : turn.end]
