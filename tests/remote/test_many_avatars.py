"""One vLLM, eight LoRAs, eight running avatars, written to all at once: nobody ever speaks with another's voice.

Each LoRA is made such that it says one word and nothing else. `ECHOES_VLLM_URL` names the vLLM.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import torch
from safetensors.torch import save_file

from bot.chat.decision import Calibration
from bot.chat.prompt import Fingerprint
from bot.engine.embedded import embedded_id
from bot.engine.models import LoadedModel, codec_for
from bot.lora import SHAPE, WEIGHTS
from bot.media import MediaStore
from bot.message import Account
from bot.people import Contact
from bot.workspace import private_dir
from tests.daemon.process import EchoesProcess, make_workspace
from tests.remote.asking import VLLM, needs_vllm
from tests.standins.telegram import TelegramServer, User

WORDS = ("river", "stone", "bread", "window", "garden", "letter", "winter", "music")
PEOPLE, MESSAGES = 4, 3
REPLY = 4  # tokens


@dataclass(frozen=True)
class Running:
    word: str
    telegram: TelegramServer
    people: Sequence[User]
    daemon: EchoesProcess


class Parrots:
    """Makes LoRAs of rank 1 that say one word: the last layer's attention adds the word's own direction.

    What it adds is as strong as what the matrix reads lies along the mean of what it usually reads.
    """

    def __init__(self, loaded: LoadedModel, media: MediaStore) -> None:
        self._codec = codec_for(loaded, media)
        self._fingerprint = Fingerprint.of(embedded_id(), self._codec)
        text = loaded.model.model.language_model
        words = text.embed_tokens.weight.detach()[: self._codec.tokenizer.get_vocab_size()]
        self._centred, self._scale = words - words.mean(0), text.norm.weight.detach()
        self._matrix = f"layers.{len(text.layers) - 1}.self_attn.o_proj"
        read: list[torch.Tensor] = []
        added: list[torch.Tensor] = []
        matrix = text.get_submodule(self._matrix)
        hooks = [
            matrix.register_forward_hook(lambda _, given, out: read.append(given[0][0])),
            text.layers[-1].register_forward_hook(lambda _, given, out: added.append(given[0][0])),
        ]
        ids = self._codec.encode("You are Nora, chatting in your own voice.\nhello! are you coming on sunday?\n")
        with torch.inference_mode():
            loaded.model(input_ids=torch.tensor([list(ids)]))
        for hook in hooks:
            hook.remove()
        mean = read[0].mean(0)
        self._usual = mean / mean.square().sum()
        self._strength = 20 * float(added[0][1:].norm(dim=-1).mean())

    def make(self, word: str, folder: Path) -> None:
        [token] = self._codec.encode(f" {word}")
        centred = self._centred
        wanted = torch.linalg.solve(centred.T @ centred, centred[token])  # sets the word apart from all others
        assert int((centred @ wanted).argmax()) == token
        direction = wanted / self._scale
        direction /= direction.norm()
        private_dir(folder)
        name = f"base_model.model.model.language_model.{self._matrix}"
        up = (self._strength * direction)[:, None].clone()
        save_file({f"{name}.lora_A.weight": self._usual[None].clone(), f"{name}.lora_B.weight": up}, folder / WEIGHTS)
        config = {"peft_type": "LORA", "r": 1, "lora_alpha": 1, "target_modules": [self._matrix], "bias": "none"}
        (folder / SHAPE).write_text(json.dumps(config), "utf-8")
        Calibration().save(folder)
        self._fingerprint.save(folder)


@pytest.fixture
async def avatars(loaded: LoadedModel, photos: MediaStore, tmp_path: Path) -> AsyncIterator[list[Running]]:
    """Each daemon has the server load its own LoRA."""
    assert VLLM is not None
    parrots, found = Parrots(loaded, photos), list[Running]()
    async with AsyncExitStack() as closing:
        session = await closing.enter_async_context(aiohttp.ClientSession())
        for word in WORDS:
            telegram = await closing.enter_async_context(TelegramServer())
            people = [telegram.person(f"Person {number}") for number in range(PEOPLE)]
            contacts = tuple(
                Contact(f"p{number}", f"Person {number}", "friend", (Account("telegram", str(one.id)),))
                for number, one in enumerate(people)
            )
            config: dict[str, object] = {
                "model": {"server": {"url": VLLM, "model": f"parrot-{word}"}},
                "sampling": {"temperature": 0, "presence_penalty": 0, "max_tokens": REPLY},
                "platforms": {"telegram": {"api_url": telegram.base_url.removesuffix("/bot")}},
            }
            root = make_workspace(tmp_path / word / "workspace", contacts, config)
            parrots.make(word, root / "loras" / "first")
            daemon = EchoesProcess(root, ECHOES_TELEGRAM_TOKEN=telegram.token)
            closing.push_async_callback(daemon.stop)
            name = {"lora_name": f"parrot-{word}"}
            closing.push_async_callback(session.post, f"{VLLM}/unload_lora_adapter", json=name)
            found.append(Running(word, telegram, people, daemon))
        for one in found:
            await one.daemon.start()
        yield found


@needs_vllm
async def test_no_avatar_speaks_with_anothers_voice(avatars: list[Running]) -> None:
    async def talk(one: Running, person: User) -> None:
        for number in range(MESSAGES):
            one.telegram.user_says(person, f"question {number}, {one.word[::-1]}?")
            await one.telegram.wait_for_reply(person, 2 + number, seconds=300)  # what it is is said first

    async with asyncio.TaskGroup() as talking:
        ends = [asyncio.create_task(one.daemon.ended()) for one in avatars]
        talks = [talking.create_task(talk(one, person)) for one in avatars for person in one.people]
        for end in ends:  # nobody answers any more
            end.add_done_callback(lambda _: [one.cancel() for one in talks])
    for end in ends:
        end.cancel()
    for one in avatars:
        for person in one.people:
            replies = one.telegram.replies(person)[1:]
            assert replies == [" ".join([one.word] * REPLY)] * MESSAGES, one.word
        assert "Traceback" not in one.daemon.logged()
