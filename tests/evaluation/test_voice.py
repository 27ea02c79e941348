"""A model as a voice says what the avatar would say and what the scorer finds, however much is asked at once."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import torch

from bot.dialogue import Bubble, Scene, Speaker, Turn
from bot.engine.base import Sampling
from bot.engine.local import LocalEngine
from bot.engine.models import LoadedModel, codec_for, load
from bot.errors import PassingError
from bot.persona import Persona
from bot.prompt import Prompt, render
from bot.prompt.render import whole_bubbles
from bot.types import ChatKind
from tests.dialogues.log import Log
from tests.support import picture
from training.dialogues import Dialogue
from training.evaluation.families import families
from training.evaluation.model_voice import ModelVoice
from training.evaluation.scoring import Scorer
from training.evaluation.shared_model import SharedModel
from training.evaluation.voice import Bubbles, Occasion, Question, occasions

GREEDY = Sampling(temperature=0, presence_penalty=0, max_tokens=12)
FREE = Sampling(max_tokens=12)


def chats(log: Log) -> None:
    log.group(
        "18:00 Tom: who knows lamps?",
        "18:01 Nora: me",
        "18:01:05 Nora: what about them",
        "18:02 Tom: nothing",
        "18:03 Mei: <photo> this one?",
        "18:04 Nora: yes!",
        "18:05 Tom: bye",
        "18:06 Mei: so soon?",
        "18:07 Nora: good night",
    )
    log.private("Mei", "19:00 Mei: lunch?", "19:01 Nora: yes", "19:02 Mei: <photo> where?", "19:03 Nora: 面馆")
    log.private("Gran", "20:00 Gran: " + "long " * 40, "20:01 Nora: fine", "20:02 Gran: well?", "20:03 Nora: well")


def shared(loaded: LoadedModel, log: Log, sampling: Sampling = GREEDY, kept: Path | None = None, rows: int = 4):
    log.corpus()
    log.codec = codec_for(loaded, log.media)
    return SharedModel(loaded, log.codec, log.media.open, sampling, kept, rows=rows)


def asked(log: Log) -> list[Occasion]:
    return occasions(log.dialogues())


async def spoken(engine: LocalEngine, question: Question, sampling: Sampling) -> Bubbles:
    prompt = render(question.scene, question.turns, engine.codec, open_turn=True)
    pieces = [piece async for piece in engine.reply("chat", prompt, sampling)]
    return tuple(whole_bubbles("".join(pieces), engine.codec, sampling.max_tokens))


async def test_it_writes_what_the_engine_writes(loaded: LoadedModel, log: Log) -> None:
    chats(log)
    voice = ModelVoice("base", shared(loaded, log), None)
    questions = [occasion.question for occasion in asked(log)]
    photos = [bubble.photos for question in questions for turn in question.turns for bubble in turn.bubbles]
    assert len(questions) == 7 and sum(map(bool, photos)) > 1
    written = voice.write(questions)
    engine = LocalEngine(loaded, log.media)
    try:
        for question, bubbles in zip(questions, written, strict=True):
            assert bubbles == await spoken(engine, question, GREEDY)
            assert bubbles
    finally:
        await engine.aclose()


def test_an_answer_does_not_depend_on_what_else_is_asked(loaded: LoadedModel, log: Log) -> None:
    chats(log)
    questions = [occasion.question for occasion in asked(log)]
    together = ModelVoice("base", shared(loaded, log, FREE, rows=32), None).write(questions)
    slowly = ModelVoice("base", shared(loaded, log, FREE, rows=2), None)
    assert slowly.write(questions) == together
    assert slowly.write(questions[::-1]) == together[::-1]
    assert slowly.write([questions[4], questions[1], questions[4]]) == [together[4], together[1], together[4]]
    assert slowly.write(questions, seed=1) != together
    assert slowly.write([]) == []


def test_the_likelihood_of_the_real_reply_is_the_scorers(loaded: LoadedModel, log: Log) -> None:
    chats(log)
    voice = ModelVoice("base", shared(loaded, log), None)
    dialogues = log.dialogues()
    found = {}
    for dialogue, scores in zip(dialogues, voice.score(dialogues), strict=True):
        assert scores.read == 1
        found |= {dialogue.messages[reply.turn]: reply for reply in scores.replies}
    real = occasions(dialogues)
    others: Bubbles = ("umbrella", "two")
    values = voice.likelihood([one.question for one in real], [[others, one.real, others] for one in real])
    assert len(real) == len(found) == 7
    for occasion, (before, likelihood, after) in zip(real, values, strict=True):
        reply = found[occasion.message]
        assert likelihood.nats == pytest.approx(reply.nats, abs=1e-3)
        assert (likelihood.tokens, likelihood.characters) == (reply.tokens, reply.characters)
        assert before == after != likelihood


def test_every_dialogue_is_scored_as_the_scorer_scores_it(loaded: LoadedModel, log: Log) -> None:
    chats(log)
    model = shared(loaded, log)
    dialogues = log.dialogues()
    apart = ModelVoice("base", model, None).score(dialogues)
    whole = model.scorer.score(dialogues)
    decisions: dict[int, float] = {}
    for scores in apart:
        decisions |= scores.decisions
    assert decisions == pytest.approx(whole.decisions, abs=1e-4) and len(decisions) == 5
    assert sorted(reply.nats for scores in apart for reply in scores.replies) == pytest.approx(
        sorted(reply.nats for reply in whole.replies), abs=1e-4
    )
    assert ModelVoice("base", model, None).score(dialogues[::-1])[0].replies == pytest.approx(
        apart[-1].replies
    ) or len(apart[-1].replies) == len(ModelVoice("base", model, None).score(dialogues[::-1])[0].replies)


def test_candidates_weigh_the_same_alone_and_together(loaded: LoadedModel, log: Log) -> None:
    """Far more than are read at once, and on prompts of several families."""
    chats(log)
    voice = ModelVoice("base", shared(loaded, log), None)
    questions = [occasion.question for occasion in asked(log)]
    candidates: list[list[Bubbles]] = [[("word " * number,) for number in range(1, 30, 4)] for _ in questions]
    together = voice.likelihood(questions, candidates)
    for place in (0, 3, 6):
        (alone,) = voice.likelihood([questions[place]], [[candidates[place][5]]])
        assert alone[0].nats == pytest.approx(together[place][5].nats, abs=1e-3)
    assert all(first.nats < last.nats for first, *_, last in together), "longer is less likely"


def test_silence_is_a_candidate(loaded: LoadedModel, log: Log) -> None:
    chats(log)
    voice = ModelVoice("base", shared(loaded, log), None)
    dialogues = log.dialogues()
    odds = {message: value for scores in voice.score(dialogues) for message, value in scores.decisions.items()}
    (group, *_) = (one for one in dialogues if one.scene.kind is ChatKind.GROUP)
    ((silence,),) = voice.likelihood([Question(group.scene, group.turns[:1])], [[()]])
    assert silence.tokens == 1
    assert silence.nats == pytest.approx(math.log1p(math.exp(odds[group.messages[0]])), abs=1e-3)


def test_beginnings_are_read_once(loaded: LoadedModel, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    chats(log)
    model = shared(loaded, log)
    prompts = [
        render(one.question.scene, one.question.turns, model.codec, open_turn=True) for one in reversed(asked(log))
    ]
    found = families(prompts)
    assert sorted(map(sorted, (family.members for family in found))) == [[0, 1], [2, 3], [4, 5, 6]]
    assert [len(family.prompt.ids) for family in found] == [
        max(len(prompts[member].ids) for member in family.members) for family in found
    ]


def test_two_photos_of_one_size_make_two_families(loaded: LoadedModel, log: Log) -> None:
    codec = codec_for(loaded, log.media)
    red, blue = (log.media.put(picture(colour, (90, 60))) for colour in ("red", "blue"))
    at = log_time()
    scene = Scene(Persona("Nora"), ChatKind.PRIVATE, Speaker("Mei", "friend"))

    def prompt(photo: str, *more: str) -> Prompt:
        turns = [Turn(scene.partner, (Bubble("look", (photo,)),), at)]
        turns += [Turn(None if n % 2 == 0 else scene.partner, (Bubble(text),), at) for n, text in enumerate(more)]
        return render(scene, turns, codec, open_turn=True)

    found = families([prompt(red, "nice", "yes"), prompt(blue), prompt(red)])
    assert [family.members for family in found] == [(0, 2), (1,)]


def log_time():
    from datetime import UTC, datetime

    return datetime(2026, 3, 1, 9, tzinfo=UTC)
