"""A model, with a LoRA or none, as a respondent that can be examined."""

from collections.abc import Generator, Sequence
from pathlib import Path

from bot.chat.prompt import Codec, Prompt, render
from bot.chat.prompt.reactions import without_reactions
from bot.chat.prompt.render import whole_bubbles
from bot.engine.base import Continuation, DialogueScores
from bot.engine.cache import reading_of
from bot.message import ChatKind
from training.data.dialogues import Dialogue
from training.evaluation.asking.answers import answered
from training.evaluation.asking.store import digest
from training.evaluation.opened import ModelUnderTest
from training.evaluation.respondent import Bubbles, Likelihood, Question, as_turn
from training.scoring import Rendered, Scores

_SEEDS = 1 << 63


class ModelRespondent:
    """See `training.evaluation.respondent.Respondent`. Each method does only what the store does not know."""

    def __init__(self, name: str, model: ModelUnderTest, lora: Path | None) -> None:
        """name: as the report and the progress show it. Raises PermanentError where the LoRA is not for this model."""
        self._name, self._model, self._lora = name, model, lora
        self._identity, self._sampling = model.identity(lora), model.sampling(lora)

    @property
    def name(self) -> str:
        return self._name

    def score(self, dialogues: Sequence[Dialogue]) -> list[Scores]:
        """Returns the scores of each dialogue: of every decision and every real reply."""
        model, codec = self._model, self._model.codec
        rendered = [Rendered.of(dialogue, codec) for dialogue in dialogues]
        keys = [digest(self._identity, "scores", *_content_of(one)) for one in rendered]
        answers = answered(
            model.kept,
            keys,
            lambda some: model.each(
                self._lora, model.engine.score_dialogues([rendered[index].asked for index in some])
            ),
            lambda scores: {"odds": list(scores.log_odds), "nats": list(scores.nats)},
            f"{self._name}: reading",
            "dialogue",
            shown=model.shown,
        )
        found = [DialogueScores(tuple(answer["odds"]), tuple(answer["nats"])) for answer in answers]
        return [one.scores(scores, codec) for one, scores in zip(rendered, found, strict=True)]

    def write(self, questions: Sequence[Question], seed: int = 0) -> list[Bubbles]:
        """Writes one answer to each question, as the avatar would send it; never silence.

        `seed` and the question decide on an answer, whatever else is asked. It is empty only where the model, tried
        three times, wrote nothing that can be seen.
        """
        model = self._model
        prompts = [self._opened(question) for question in questions]
        named = [digest(_content(prompt), self._sampling, seed) for prompt in prompts]
        keys = [digest(self._identity, "replies", name) for name in named]

        def ask(some: list[int]) -> Generator[dict[int, str], None, None]:
            seeds = [int(named[index], 16) % _SEEDS for index in some]
            asked = model.engine.write_replies([prompts[index] for index in some], seeds, self._sampling)
            return model.each(self._lora, asked)

        def bubbles(text: str) -> list[str]:
            return without_reactions(whole_bubbles(text, model.codec, self._sampling.max_tokens))

        title = f"{self._name}: answering"
        return list(map(tuple, answered(model.kept, keys, ask, bubbles, title, "answer", shown=model.shown)))

    def likelihood(
        self, questions: Sequence[Question], candidates: Sequence[Sequence[Bubbles]]
    ) -> list[list[Likelihood]]:
        """Returns how likely each candidate is, for each question. A candidate without words is silence."""
        model = self._model
        prompts = [self._opened(question) for question in questions]
        turns = [
            Continuation(index, _turn_ids(question, bubbles, model.codec), question.scene.kind is ChatKind.GROUP)
            for index, (question, some) in enumerate(zip(questions, candidates, strict=True))
            for bubbles in some
        ]
        contents = [_content(prompt) for prompt in prompts]
        keys = [digest(self._identity, "turns", contents[turn.after], turn.ids, turn.group) for turn in turns]
        answers = answered(
            model.kept,
            keys,
            lambda some: model.each(
                self._lora, model.engine.score_continuations(prompts, [turns[index] for index in some])
            ),
            float,
            f"{self._name}: weighing",
            "turn",
            shown=model.shown,
        )
        found: list[list[Likelihood]] = [[] for _ in questions]
        for turn, nats in zip(turns, answers, strict=True):
            found[turn.after].append(Likelihood(nats, len(turn.ids), len(model.codec.decode(list(turn.ids)))))
        return found

    def _opened(self, question: Question) -> Prompt:
        return render(question.scene, question.turns, self._model.codec, open_turn=True)


def _content_of(rendered: Rendered) -> tuple[object, ...]:
    """What of a dialogue is scored, and in what."""
    asked = rendered.asked
    return _content(asked.prompt), asked.decisions, asked.replies, asked.group


def _content(prompt: Prompt) -> bytes:
    return reading_of(prompt).tobytes()


def _turn_ids(question: Question, bubbles: Bubbles, codec: Codec) -> tuple[int, ...]:
    """An answer's ids with its end; they do not depend on what stands before."""
    prompt = render(question.scene, (as_turn(bubbles, question),), codec)
    turn = prompt.avatar_turns[0]
    return prompt.ids[turn.start : turn.end]
