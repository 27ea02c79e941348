"""Told to stop, it finishes what is in hand; told to reload, it loses nothing."""

import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from bot.chat.prompt import Fingerprint
from bot.chat.prompt.codec import load_tokenizer
from bot.engine.describe import codec_for, describe
from bot.engine.embedded import ensure_embedded
from bot.errors import ExitCode
from bot.media import MediaStore
from bot.message import Account
from bot.people import Contact, People, save_people
from tests.daemon.process import EchoesProcess, make_workspace
from tests.standins.openai import ModelServer
from tests.standins.telegram import TelegramServer, User
from tests.support import lora_folder


@dataclass
class Scene:
    server: TelegramServer
    model: ModelServer
    anna: User
    workspace: Path
    daemon: EchoesProcess

    def lora(self, name: str, base_id: str | None = None) -> Path:
        """A LoRA folder, as far as a remote engine needs one; `latest` points to it."""
        base = describe("embedded")
        fingerprint = Fingerprint.of(base_id or base.id, codec_for(base, MediaStore(self.workspace)))
        folder = lora_folder(self.workspace / "loras" / name, fingerprint)
        latest = self.workspace / "loras" / "latest"
        latest.unlink(missing_ok=True)
        latest.symlink_to(name)
        return folder

    async def logged(self, words: str) -> None:
        await self.daemon.until(lambda: words in self.daemon.logged())

    async def asked(self, count: int = 1) -> None:
        """Until the model has been asked that often."""
        await self.daemon.until(lambda: sum(path.endswith("completions") for path, _ in self.model.requests) >= count)

    async def replied(self, count: int) -> None:
        """Until Anna has been sent that many messages."""
        await self.daemon.until(lambda: len(self.server.replies(self.anna)) >= count)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with TelegramServer() as server, ModelServer() as model:
        anna = server.person("Anna")
        people = (Contact("anna", "Anna", "friend", (Account("telegram", str(anna.id)),)),)
        workspace = make_workspace(
            tmp_path / "nora",
            people,
            {
                "model": {"server": {"url": model.url, "model": "nora"}, "lora": "latest"},
                "platforms": {"telegram": {"api_url": server.base_url.removesuffix("/bot")}},
            },
        )
        daemon = EchoesProcess(workspace, ECHOES_TELEGRAM_TOKEN=server.token)
        scene = Scene(server, model, anna, workspace, daemon)
        scene.lora("first")
        yield scene
        await daemon.stop()


async def test_sigterm_finishes_the_reply_in_hand_and_keeps_the_rest(scene: Scene) -> None:
    await scene.daemon.start()
    scene.model.pause = 0.3
    scene.server.user_says(scene.anna, "tell me")
    await scene.asked()
    scene.daemon.send(signal.SIGTERM)
    assert await scene.daemon.ended() == ExitCode.OK
    assert scene.server.replies(scene.anna)[1:] == ["okok", "see you"]
    scene.server.user_says(scene.anna, "and then?")
    await scene.daemon.start()
    await scene.replied(5)
    assert scene.server.replies(scene.anna)[1:] == ["okok", "see you"] * 2
    assert "Traceback" not in scene.daemon.logged()


async def test_sighup_loads_a_retrained_lora_and_loses_no_message(scene: Scene) -> None:
    await scene.daemon.start()
    scene.server.user_says(scene.anna, "one")
    await scene.replied(3)
    second = scene.lora("second")
    scene.model.pause = 0.2
    scene.server.user_says(scene.anna, "two")
    await scene.asked(2)
    scene.daemon.send(signal.SIGHUP)
    scene.server.user_says(scene.anna, "three")
    await scene.daemon.until(lambda: any(body.get("lora_path") == str(second) for _, body in scene.model.requests))
    await scene.logged("Reloaded the LoRA second and its calibration.")
    await scene.replied(5)
    scene.server.user_says(scene.anna, "four")
    await scene.replied(7)
    scene.daemon.send(signal.SIGTERM)
    assert await scene.daemon.ended() == ExitCode.OK


def become_elder(scene: Scene) -> None:
    """Anna becomes an elder in people.yaml."""
    anna = Contact("anna", "Anna", "elder", (Account("telegram", str(scene.anna.id)),))
    save_people(scene.workspace / "people.yaml", People.of((anna,)))


async def asked_of_an_elder(scene: Scene) -> bool:
    """Anna writes; whether the model is told that she is one."""

    def prompts() -> list[list[int]]:
        return [body["prompt"] for path, body in scene.model.requests if path == "/v1/completions"]

    before = len(prompts())
    scene.server.user_says(scene.anna, "and now?")
    await scene.daemon.until(lambda: len(prompts()) > before)
    return "Relationship: elder." in load_tokenizer(ensure_embedded()).decode(prompts()[before])


async def test_sighup_reloads_people_where_the_server_chooses_the_lora(scene: Scene) -> None:
    config = scene.workspace / "config.yaml"
    config.write_text(config.read_text().replace("lora: latest", "lora: none"))
    await scene.daemon.start()
    assert not await asked_of_an_elder(scene)
    become_elder(scene)
    config.write_text(config.read_text().replace("gather_seconds: 0.05", "gather_seconds: 0.06"))
    scene.daemon.send(signal.SIGHUP)
    await scene.logged("Reloaded people.yaml.")
    await scene.logged("The model server goes on with what it serves as nora.")
    await scene.logged("config.yaml changed: only a restart takes that.")
    assert await asked_of_an_elder(scene)
    assert "Not reloaded" not in scene.daemon.logged()


async def test_sighup_reloads_people_where_the_server_takes_no_lora_while_it_runs(scene: Scene) -> None:
    await scene.daemon.start()
    assert not await asked_of_an_elder(scene)
    become_elder(scene)
    scene.model.failures.append(400)
    scene.daemon.send(signal.SIGHUP)
    await scene.logged("Not reloaded: the LoRA. The server did not take the LoRA")
    assert await asked_of_an_elder(scene)


async def test_the_start_names_the_lora(scene: Scene) -> None:
    await scene.daemon.start()
    await scene.logged("Loading the model embedded with the LoRA first.")
    await scene.logged("Ready")


async def test_a_broken_lora_does_not_start_and_no_older_one_takes_its_place(scene: Scene) -> None:
    (scene.lora("second") / "adapter_model.safetensors").write_bytes(b"half")
    await scene.daemon.start()
    assert await scene.daemon.ended() == ExitCode.CONFIG
    assert "/second cannot speak (adapter_model.safetensors is cut short or damaged" in scene.daemon.logged()


async def test_a_lora_that_does_not_fit_is_refused_and_the_old_one_stays(scene: Scene) -> None:
    await scene.daemon.start()
    scene.server.user_says(scene.anna, "one")
    await scene.replied(3)
    scene.lora("other", "some-other-base")
    scene.daemon.send(signal.SIGHUP)
    await scene.logged("some-other-base")
    scene.server.user_says(scene.anna, "two")
    await scene.replied(5)


async def test_a_wrong_token_ends_with_a_sentence_and_its_own_exit_code(scene: Scene) -> None:
    scene.daemon.environment["ECHOES_TELEGRAM_TOKEN"] = "123456789:AAwrongwrongwrongwrongwrongwrongwrong"
    await scene.daemon.start()
    assert await scene.daemon.ended() == ExitCode.CONFIG
    assert "AAwrong" not in scene.daemon.logged()
    assert "BotFather" in scene.daemon.logged()


async def test_a_wrong_token_does_not_stop_the_web_chat(scene: Scene) -> None:
    text = (scene.workspace / "config.yaml").read_text()
    (scene.workspace / "config.yaml").write_text(
        text.replace("platforms:\n", "health: {port: 0}\nplatforms:\n  web: {port: 0}\n")
    )
    scene.daemon.environment["ECHOES_TELEGRAM_TOKEN"] = "123456789:AAwrongwrongwrongwrongwrongwrongwrong"
    await scene.daemon.start()
    await scene.logged("telegram is off")
    await scene.logged("http://127.0.0.1:")
    url = next(word for word in scene.daemon.logged().split() if word.startswith("http://127.0.0.1:") and "#" in word)
    async with aiohttp.ClientSession() as session, session.get(url.split("#")[0]) as response:
        assert response.status == 200


async def test_consent_that_is_missing_ends_with_its_own_exit_code(scene: Scene) -> None:
    (scene.workspace / "consent.json").unlink()
    await scene.daemon.start()
    assert await scene.daemon.ended() == ExitCode.CONSENT
    assert "echoes consent" in scene.daemon.logged()


async def test_two_daemons_do_not_share_a_workspace(scene: Scene) -> None:
    await scene.daemon.start()
    await scene.logged("Ready")
    second = EchoesProcess(scene.workspace, **scene.daemon.environment)
    await second.start()
    assert await second.ended() != ExitCode.OK
    assert "running already" in scene.daemon.logged()
    scene.server.user_says(scene.anna, "one")
    await scene.replied(3)  # the first goes on
