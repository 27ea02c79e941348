"""A model as a respondent says what the avatar would say and what a dialogue scores, however much is asked at once."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import torch

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import Prompt, render
from bot.chat.prompt.render import whole_bubbles
from bot.config import SamplingConfig
from bot.engine.batch.dialogues import DialogueScorer
from bot.engine.batch.groups import prefix_groups
from bot.engine.batch.prefix import BatchDecoder
from bot.engine.local import LocalEngine
from bot.engine.models import LoadedModel, codec_for, load
from bot.errors import EchoesError, PermanentError
from bot.message import ChatKind
from bot.persona import Persona
from bot.sampling import Sampling
from bot.workspace import Workspace
from tests.dialogues.log import Log
from tests.evaluation.conftest import Opened, make_lora
from tests.support import picture
from training.evaluation.asking.model_respondent import ModelRespondent
from training.evaluation.asking.store import AnswerStore
from training.evaluation.opened import ModelUnderTest
from training.evaluation.respondent import Bubbles, Occasion, Question, occasions
from training.scoring import Reply

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


def shared(
    opened: Opened,
    loaded: LoadedModel,
    log: Log,
    sampling: Sampling = GREEDY,
    kept: AnswerStore | None = None,
    rows: int = 4,
) -> ModelUnderTest:
    served = opened(loaded, log.media, batch_rows=rows)
    log.corpus()
    log.codec = served.engine.codec
    chosen = SamplingConfig(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        presence_penalty=sampling.presence_penalty,
        max_tokens=sampling.max_tokens,
    )
    return ModelUnderTest(served, chosen, kept)


def asked(log: Log) -> list[Occasion]:
    return occasions(log.dialogues())


async def spoken(engine: LocalEngine, question: Question, sampling: Sampling) -> Bubbles:
    prompt = render(question.scene, question.turns, engine.codec, open_turn=True)
    pieces = [piece async for piece in engine.reply("chat", prompt, sampling)]
    return tuple(whole_bubbles("".join(pieces), engine.codec, sampling.max_tokens))


def test_it_writes_what_the_engine_writes(loaded: LoadedModel, log: Log, opened: Opened) -> None:
    chats(log)
    respondent = ModelRespondent("base", shared(opened, loaded, log), None)
    questions = [occasion.question for occasion in asked(log)]
    photos = [bubble.photos for question in questions for turn in question.turns for bubble in turn.bubbles]
    assert len(questions) == 7 and sum(map(bool, photos)) > 1
    written = respondent.write(questions)
    served = opened(loaded, log.media)
    for question, bubbles in zip(questions, written, strict=True):
        assert bubbles == served.wait(spoken(served.engine, question, GREEDY))
        assert bubbles


def test_an_answer_does_not_depend_on_what_else_is_asked(loaded: LoadedModel, log: Log, opened: Opened) -> None:
    chats(log)
    questions = [occasion.question for occasion in asked(log)]
    together = ModelRespondent("base", shared(opened, loaded, log, FREE, rows=32), None).write(questions)
    slowly = ModelRespondent("base", shared(opened, loaded, log, FREE, rows=2), None)
    assert slowly.write(questions) == together
    assert slowly.write(questions[::-1]) == together[::-1]
    assert slowly.write([questions[4], questions[1], questions[4]]) == [together[4], together[1], together[4]]
    assert slowly.write(questions, seed=1) != together
    assert slowly.write([]) == []


def test_the_likelihood_of_the_real_reply_is_the_scorers(loaded: LoadedModel, log: Log, opened: Opened) -> None:
    chats(log)
    respondent = ModelRespondent("base", shared(opened, loaded, log), None)
    dialogues = log.dialogues()
    found: dict[int, Reply] = {}
    for dialogue, scores in zip(dialogues, respondent.score(dialogues), strict=True):
        assert scores.read == 1
        found |= {dialogue.messages[reply.turn]: reply for reply in scores.replies}
    real = occasions(dialogues)
    others: Bubbles = ("umbrella", "two")
    values = respondent.likelihood([one.question for one in real], [[others, one.real, others] for one in real])
    assert len(real) == len(found) == 7
    for occasion, (before, likelihood, after) in zip(real, values, strict=True):
        reply = found[occasion.message]
        assert likelihood.nats == pytest.approx(reply.nats, abs=1e-3)
        assert (likelihood.tokens, likelihood.characters) == (reply.tokens, reply.characters)
        assert before == after != likelihood


def test_dialogues_score_the_same_alone_and_together(loaded: LoadedModel, log: Log, opened: Opened) -> None:
    chats(log)
    model = shared(opened, loaded, log)
    dialogues = log.dialogues()
    respondent = ModelRespondent("base", model, None)
    together = respondent.score(dialogues)
    assert sum(len(scores.decisions) for scores in together) == 5
    for dialogue, scores in zip(dialogues, together, strict=True):
        (alone,) = respondent.score([dialogue])
        assert alone.decisions == pytest.approx(scores.decisions, abs=1e-4)
        assert [one.nats for one in alone.replies] == pytest.approx([one.nats for one in scores.replies], abs=1e-4)


def test_candidates_weigh_the_same_alone_and_together(loaded: LoadedModel, log: Log, opened: Opened) -> None:
    """Far more than are read at once, and on prompts of several families."""
    chats(log)
    respondent = ModelRespondent("base", shared(opened, loaded, log), None)
    questions = [occasion.question for occasion in asked(log)]
    candidates: list[list[Bubbles]] = [[("word " * number,) for number in range(1, 30, 4)] for _ in questions]
    together = respondent.likelihood(questions, candidates)
    for place in (0, 3, 6):
        (alone,) = respondent.likelihood([questions[place]], [[candidates[place][5]]])
        assert alone[0].nats == pytest.approx(together[place][5].nats, abs=1e-3)
    assert all(first.nats < last.nats for first, *_, last in together), "longer is less likely"


def test_silence_is_a_candidate(loaded: LoadedModel, log: Log, opened: Opened) -> None:
    chats(log)
    respondent = ModelRespondent("base", shared(opened, loaded, log), None)
    dialogues = log.dialogues()
    odds = {message: value for scores in respondent.score(dialogues) for message, value in scores.decisions.items()}
    (group, *_) = (one for one in dialogues if one.scene.kind is ChatKind.GROUP)
    ((silence,),) = respondent.likelihood([Question(group.scene, group.turns[:1])], [[()]])
    assert silence.tokens == 1
    assert silence.nats == pytest.approx(math.log1p(math.exp(odds[group.messages[0]])), abs=1e-3)


def test_beginnings_are_read_once(loaded: LoadedModel, log: Log, opened: Opened) -> None:
    chats(log)
    model = shared(opened, loaded, log)
    prompts = [
        render(one.question.scene, one.question.turns, model.codec, open_turn=True) for one in reversed(asked(log))
    ]
    found = prefix_groups(prompts)
    assert sorted(map(sorted, (group.members for group in found))) == [[0, 1], [2, 3], [4, 5, 6]]
    assert [len(group.longest.ids) for group in found] == [
        max(len(prompts[member].ids) for member in group.members) for group in found
    ]


def test_two_photos_of_one_size_make_two_groups(loaded: LoadedModel, log: Log) -> None:
    codec = codec_for(loaded, log.media)
    red, blue = (log.media.put(picture(colour, (90, 60))) for colour in ("red", "blue"))
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    scene = Scene(Persona("Nora"), ChatKind.PRIVATE, Speaker("Mei", "friend"))

    def prompt(photo: str, *more: str) -> Prompt:
        turns = [Turn(scene.partner, (Bubble("look", (photo,)),), at)]
        turns += [Turn(None if n % 2 == 0 else scene.partner, (Bubble(text),), at) for n, text in enumerate(more)]
        return render(scene, turns, codec, open_turn=True)

    found = prefix_groups([prompt(red, "nice", "yes"), prompt(blue), prompt(red)])
    assert [group.members for group in found] == [(0, 2), (1,)]


def lora(tmp_path: Path, models: dict[Any, Path], name: str) -> Path:
    return make_lora(Workspace(tmp_path), models["qwen2_5_vl"], name)


@pytest.fixture
def small(models: dict[Any, Path]) -> LoadedModel:
    return load(str(models["qwen2_5_vl"]), "cpu", "float32")


def test_respondents_share_a_model_and_each_speaks_with_its_own_weights(
    small: LoadedModel, models: dict[Any, Path], log: Log, tmp_path: Path, opened: Opened
) -> None:
    chats(log)
    folder = lora(tmp_path, models, "first")
    model = shared(opened, small, log)
    base, avatar = ModelRespondent("base", model, None), ModelRespondent("first", model, folder)
    questions = [occasion.question for occasion in asked(log)]
    candidates: list[list[Bubbles]] = [[("yes",)]] * len(questions)
    plain, own = base.likelihood(questions, candidates), avatar.likelihood(questions, candidates)
    assert plain != own and base.write(questions) != avatar.write(questions)
    for (first,), (again,) in zip(plain, base.likelihood(questions, candidates), strict=True):
        assert first.nats == pytest.approx(again.nats, abs=1e-4), "the LoRA leaves nothing behind"
    fresh = shared(opened, load(str(models["qwen2_5_vl"]), "cpu", "float32"), log)
    apart = ModelRespondent("first", fresh, folder).likelihood(questions, candidates)
    assert [one.nats for (one,) in own] == pytest.approx([one.nats for (one,) in apart], abs=1e-4)


def test_the_model_is_left_as_it_was(loaded: LoadedModel, log: Log, opened: Opened) -> None:
    chats(log)
    respondent = ModelRespondent("base", shared(opened, loaded, log), None)
    before = respondent.score(log.dialogues())
    respondent.write([one.question for one in asked(log)])
    assert loaded.model.model.language_model.config._attn_implementation == "sdpa"
    assert respondent.score(log.dialogues()) == before


def test_kept_answers_are_not_asked_again_but_anothers_are(
    small: LoadedModel,
    models: dict[Any, Path],
    log: Log,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    opened: Opened,
) -> None:
    chats(log)
    folder, kept = lora(tmp_path, models, "first"), AnswerStore(tmp_path / "answers.sqlite")
    model = shared(opened, small, log, FREE, kept)
    dialogues, real = log.dialogues(), asked(log)
    questions = [one.question for one in real]
    candidates = [[one.real, ()] for one in real]

    def everything(respondent: ModelRespondent) -> list[Any]:
        return [respondent.score(dialogues), respondent.write(questions), respondent.likelihood(questions, candidates)]

    first = everything(ModelRespondent("first", model, folder))
    read: list[int] = []
    forward = torch.nn.Embedding.forward

    def counted(self: torch.nn.Embedding, ids: torch.Tensor) -> torch.Tensor:
        read.append(ids.numel())
        return forward(self, ids)

    monkeypatch.setattr(torch.nn.Embedding, "forward", counted)
    again = shared(opened, small, log, FREE, kept)
    assert everything(ModelRespondent("renamed", again, folder)) == first and not read
    assert ModelRespondent("first", again, folder).write(questions[:2], seed=0) == first[1][:2] and not read
    ModelRespondent("first", again, folder).write(questions[:1], seed=1)
    assert read, "another seed is another answer"
    del read[:]
    everything(ModelRespondent("base", again, None))
    assert read
    del read[:]
    (folder / "adapter_model.safetensors").write_bytes((folder / "adapter_model.safetensors").read_bytes() + b" ")
    changed = ModelRespondent("first", again, folder)
    with pytest.raises(PermanentError, match="cannot be loaded"):
        changed.write(questions)
    kept.close()


def test_a_broken_off_run_goes_on(
    loaded: LoadedModel, log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: Opened
) -> None:
    chats(log)
    store = AnswerStore(tmp_path / "answers.sqlite")
    model = shared(opened, loaded, log, FREE, store, rows=1)
    questions = [one.question for one in asked(log)]
    expected = ModelRespondent("base", shared(opened, loaded, log, FREE, None), None).write(questions)
    put, written = AnswerStore.put, list[str]()

    def broken(store: AnswerStore, found: Mapping[str, Any]) -> None:
        put(store, found)
        written.extend(found)
        if len(written) >= 3:
            raise KeyboardInterrupt

    respondent = ModelRespondent("base", model, None)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(AnswerStore, "put", broken)
        respondent.write(questions)
    again: list[str] = []

    def counted(store: AnswerStore, found: Mapping[str, Any]) -> None:
        again.extend(found)
        put(store, found)

    monkeypatch.setattr(AnswerStore, "put", counted)
    assert respondent.write(questions) == expected
    assert 0 < len(again) < len(questions)
    store.close()


def test_too_little_memory_is_a_sentence(
    loaded: LoadedModel,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
    opened: Opened,
) -> None:
    chats(log)
    model = shared(opened, loaded, log)

    def full(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(DialogueScorer, "_hidden", full)
    monkeypatch.setattr(BatchDecoder, "append", full)
    respondent = ModelRespondent("base", model, None)
    for work in (
        lambda: respondent.write([one.question for one in asked(log)]),
        lambda: respondent.score(log.dialogues()),
    ):
        with pytest.raises(EchoesError, match=r"memory of cpu does not suffice.*smaller model"):
            work()


def test_a_lora_of_another_model_is_refused_at_once(
    models: dict[Any, Path],
    log: Log,
    tmp_path: Path,
    opened: Opened,
) -> None:
    other = shared(opened, load(str(models["qwen3_vl"]), "cpu", "float32"), log)
    with pytest.raises(PermanentError, match="does not fit this engine"):
        ModelRespondent("first", other, lora(tmp_path, models, "first"))
