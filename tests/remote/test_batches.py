"""Many prompts at once, over HTTP and in process: the same model says the same."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import torch

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import Prompt, render
from bot.engine.base import BatchEngine, Batches, Continuation, ScoredDialogue, T
from bot.engine.local import LocalEngine
from bot.engine.models import LoadedModel, codec_for, load
from bot.engine.remote_batch import RemoteBatchEngine
from bot.errors import EchoesError, PassingError, PermanentError
from bot.media import MediaStore
from bot.message import ChatKind
from bot.persona import Persona
from bot.sampling import Sampling
from bot.workspace import Workspace
from tests.engine.conftest import tiny_model
from tests.evaluation.conftest import make_lora
from tests.standins.openai import Json, ModelServer
from tests.support import picture

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
TOM, MEI = Speaker("Tom", "friend"), Speaker("Mei", "elder")
GROUP = Scene(Persona("Nora"), ChatKind.GROUP, title="Lamps")
PRIVATE = Scene(Persona("Nora"), ChatKind.PRIVATE, MEI)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return tiny_model(tmp_path_factory.mktemp("tiny"), "qwen2_5_vl")


@pytest.fixture(scope="module")
def loaded(folder: Path) -> LoadedModel:
    return load(str(folder), "cpu", "float32")


@pytest.fixture
def media(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path / "media")


@pytest.fixture
async def server(loaded: LoadedModel, media: MediaStore) -> AsyncIterator[ModelServer]:
    """It has the same weights, and reads each prompt alone, by transformers."""
    end = codec_for(loaded, media).end_of_turn

    def logits(body: Json) -> torch.Tensor:
        with torch.inference_mode():
            read: torch.Tensor = loaded.model(input_ids=torch.tensor([body["prompt"]])).logits[0]
        return read.double().log_softmax(-1)

    def read_logprobs(body: Json) -> list[float]:
        found = logits(body)[:-1].gather(1, torch.tensor(body["prompt"][1:])[:, None])[:, 0]
        return [float(one) for one in found]

    async with ModelServer(
        base="tiny", read_logprobs=read_logprobs, end_logprob=lambda body: float(logits(body)[-1, end])
    ) as server:
        yield server


@pytest.fixture
async def remote(server: ModelServer, loaded: LoadedModel, media: MediaStore) -> AsyncIterator[RemoteBatchEngine]:
    codec = codec_for(loaded, media)
    local = LocalEngine(loaded, media)
    engine = await RemoteBatchEngine.connect(server.url, "nora", codec, local.fingerprint, media, 4096)
    await engine.load_lora(None)
    yield engine
    await engine.aclose()
    await local.aclose()


def turns(*said: tuple[Speaker | None, str]) -> list[Turn]:
    """A bubble a turn, a minute after the other."""
    return [Turn(who, (Bubble(text),), NOON + timedelta(minutes=at)) for at, (who, text) in enumerate(said)]


def dialogue(engine: BatchEngine, scene: Scene, *said: tuple[Speaker | None, str]) -> ScoredDialogue:
    prompt = render(scene, turns(*said), engine.codec)
    group = scene.kind is ChatKind.GROUP
    decisions = tuple(turn.start for turn in prompt.avatar_turns) if group else ()
    replies = tuple((turn.start, turn.end) for turn in prompt.avatar_turns if not turn.silent)
    return ScoredDialogue(prompt, decisions, replies, group)


def opened(engine: BatchEngine, scene: Scene, *said: tuple[Speaker | None, str]) -> Prompt:
    return render(scene, turns(*said), engine.codec, open_turn=True)


async def gathered(batches: Batches[T]) -> dict[int, T]:
    found: dict[int, T] = {}
    async for batch in batches:
        assert not found.keys() & batch.keys()
        found |= batch
    return found


async def _later(server: ModelServer) -> None:
    await asyncio.sleep(0.1)
    await server.start()


async def test_dialogues_and_continuations_score_as_in_process(
    remote: RemoteBatchEngine, loaded: LoadedModel, media: MediaStore
) -> None:
    local = LocalEngine(loaded, media)
    asked = [
        dialogue(remote, GROUP, (TOM, "who knows lamps?"), (None, "me"), (MEI, "oh"), (TOM, "well"), (None, "yes")),
        dialogue(remote, PRIVATE, (MEI, "lunch?"), (None, "面馆"), (MEI, "when?"), (None, "at one")),
    ]
    here, there = await gathered(local.score_dialogues(asked)), await gathered(remote.score_dialogues(asked))
    assert [len(here[index].log_odds) for index in (0, 1)] == [3, 0]
    for index in (0, 1):
        assert there[index].log_odds == pytest.approx(here[index].log_odds, abs=1e-3)
        assert there[index].nats == pytest.approx(here[index].nats, abs=1e-3)
    prompts = [opened(remote, GROUP, (TOM, "who knows lamps?")), opened(remote, PRIVATE, (MEI, "lunch?"))]
    end = remote.codec.end_of_turn
    words = (*remote.codec.encode("me"), end)
    given = [Continuation(0, words, True), Continuation(0, (end,), True), Continuation(1, words, False)]
    near = await gathered(local.score_continuations(prompts, given))
    far = await gathered(remote.score_continuations(prompts, given))
    assert [far[index] for index in range(3)] == pytest.approx([near[index] for index in range(3)], abs=1e-3)
    await local.aclose()


async def test_replies_have_their_seeds_and_are_tried_again(remote: RemoteBatchEngine, server: ModelServer) -> None:
    prompts = [opened(remote, PRIVATE, (MEI, f"question {number}")) for number in range(40)]
    server.say = lambda body: ["\n"] if body["seed"] % 2 else [f"seed {body['seed']}"]
    seeds = [2 * number for number in range(39)] + [1]
    found = await gathered(remote.write_replies(prompts, seeds, Sampling()))
    assert len(found) == 40
    assert found[3] == "seed 6"
    assert found[39] == f"seed {1 + 0x9E3779B97F4A7C15 - (1 << 63)}"
    server.say = lambda body: ["\n"]
    assert await gathered(remote.write_replies(prompts[:1], [5], Sampling())) == {0: ""}


async def test_the_base_and_each_lora_are_asked_by_a_name_of_their_own(
    remote: RemoteBatchEngine, server: ModelServer, folder: Path, tmp_path: Path
) -> None:
    first = make_lora(Workspace(tmp_path), folder, "first")
    prompt = opened(remote, PRIVATE, (MEI, "lunch?"))
    await gathered(remote.write_replies([prompt], [1], Sampling()))
    assert server.requests[-1][1]["model"] == "tiny"
    await remote.load_lora(first)
    path, body = server.requests[-1]
    assert path == "/v1/load_lora_adapter" and body["lora_path"] == str(first)
    await gathered(remote.write_replies([prompt], [1], Sampling()))
    assert server.requests[-1][1]["model"] == body["lora_name"] not in {"tiny", "nora"}
    server.failures = [404]
    second = make_lora(Workspace(tmp_path), folder, "second", seed=5)
    with pytest.raises(PermanentError, match="VLLM_ALLOW_RUNTIME_LORA_UPDATING"):
        await remote.load_lora(second)
    await remote.aclose()
    assert server.requests[-1] == ("/v1/unload_lora_adapter", {"lora_name": body["lora_name"]})
    assert server.names == {"tiny", "nora"}


async def test_a_server_that_cannot_is_a_sentence(
    remote: RemoteBatchEngine, server: ModelServer, media: MediaStore
) -> None:
    asked = dialogue(remote, PRIVATE, (MEI, "lunch?"), (None, "yes"))
    photo = media.put(picture("red", (60, 60)))
    seen = render(PRIVATE, [Turn(MEI, (Bubble("", (photo,)),), NOON), *turns((None, "yes"))], remote.codec)
    turn = seen.avatar_turns[0]
    with pytest.raises(PermanentError, match="--enable-scale-out"):
        await gathered(remote.score_dialogues([replace(asked, prompt=seen, replies=((turn.start, turn.end),))]))
    server.read_logprobs = None
    with pytest.raises(PermanentError, match="prompt_logprobs"):
        await gathered(remote.score_dialogues([asked]))


async def test_a_batch_outlasts_a_restart_of_the_server(
    remote: RemoteBatchEngine,
    server: ModelServer,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(RemoteBatchEngine, "pauses", (0.01, 0.02, 0.1, 1, 1))
    lora = make_lora(Workspace(tmp_path), folder, "first")
    await remote.load_lora(lora)
    prompts = [opened(remote, PRIVATE, (MEI, f"question {number}")) for number in range(50)]
    server.say = lambda body: [f"seed {body['seed']}"] * 3
    server.pause, found = 0.05, dict[int, str]()
    async for batch in remote.write_replies(prompts, range(50), Sampling()):
        if not found:
            await server.stop()
            assert remote._served.name not in server.names
            restarting = asyncio.create_task(_later(server))
        found |= batch
    await restarting
    assert found == {number: f"seed {number}" * 3 for number in range(50)}
    assert server.roots[remote._served.name] == str(lora), "the server had forgotten it"
    assert "does not answer" in caplog.text
    monkeypatch.setattr(RemoteBatchEngine, "pauses", (0.01,))
    server.failures = [503] * 3
    with pytest.raises(PassingError, match="not ready"):
        await gathered(remote.write_replies(prompts[:1], [1], Sampling()))


async def test_what_the_server_cannot_read_is_told_before_it_is_sent(
    remote: RemoteBatchEngine, server: ModelServer
) -> None:
    long = dialogue(remote, PRIVATE, *[(MEI, "word " * 100)] * 12, (None, "yes"))
    assert len(long.prompt.ids) > 4096
    sent = len(server.requests)
    with pytest.raises(EchoesError, match=r"more than the 4096 that the server at .* --max-model-len"):
        await gathered(remote.score_dialogues([long]))
    assert len(server.requests) == sent
