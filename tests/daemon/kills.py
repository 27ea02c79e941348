"""Kills a running avatar at random moments while ten people write to it, and counts what they see of it.

    python -m tests.daemon.kills telegram --kills 100 --seed 1

A real `echoes run` in a process of its own, against a stand-in of the platform on which each send takes 0.2 s, and a
stand-in of the model. Everything is judged from the far side, by what stands in the chats at the end. The moments come
from the seed; what the process is doing at them does not.
"""

import argparse
import asyncio
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from aiohttp.test_utils import TestServer
from tokenizers import Tokenizer
from tqdm import tqdm

from bot.chat.prompt.codec import load_tokenizer
from bot.engine.embedded import ensure_embedded
from bot.message import Account
from bot.people import Contact
from tests.daemon.process import EchoesProcess, make_workspace
from tests.discord.far_side import TOKEN, FarSide
from tests.standins.openai import Json, ModelServer
from tests.standins.telegram import Phase, TelegramServer

_QUESTION = re.compile(r"q\d+-\d+\.")
_PATIENCE = 90.0  # seconds for the last answers


class Place(Protocol):
    """A platform with people who write to the avatar, each in private."""

    def says(self, person: int, text: str) -> None:
        """Writes a message, whether anybody is there or not."""

    def stands(self, person: int) -> list[str]:
        """What stands in a chat now of the avatar's messages, oldest first."""

    def listened_to(self) -> bool:
        """Whether the avatar is there and would hear what is said now."""

    def changed(self) -> int:
        """How many of its messages the avatar has changed since it sent them."""


@dataclass(frozen=True)
class Counts:
    """What the people saw. `destroyed`: bubbles that said something else afterwards."""

    questions: int
    bubbles: int
    lost: int
    destroyed: int
    answered_twice: int
    bubbles_doubled: int

    @classmethod
    def of(cls, place: Place, asked: Mapping[int, list[str]]) -> "Counts":
        lost = twice = doubled = bubbles = 0
        for person, questions in asked.items():
            texts = [text for text in place.stands(person) if _QUESTION.search(text)]
            bubbles += len(texts)
            doubled += sum(count - 1 for count in Counter(texts).values())
            firsts = [set(_QUESTION.findall(text)) for text in set(texts) if text.startswith("re:")]
            lasts = [set(_QUESTION.findall(text)) for text in set(texts) if text.startswith("so:")]
            for question in questions:
                lost += not (any(question in one for one in firsts) and any(question in one for one in lasts))
                twice += max(sum(question in one for one in firsts) - 1, 0)
        return cls(sum(map(len, asked.values())), bubbles, lost, place.changed(), twice, doubled)

    def __str__(self) -> str:
        return (
            f"{self.questions} questions, {self.bubbles} bubbles: {self.lost} answers lost, "
            f"{self.destroyed} destroyed, {self.answered_twice} questions answered twice, "
            f"{self.bubbles_doubled} bubbles doubled"
        )


@dataclass
class OnTelegram:
    server: TelegramServer
    send_seconds: float
    people: int

    def __post_init__(self) -> None:
        self.persons = [self.server.person(f"Person {number}") for number in range(self.people)]
        self.server.on_request = self._slowly

    async def _slowly(self, method: str, params: Mapping[str, str], phase: Phase) -> None:
        """Half of the time before the message is there, half of it before the avatar is told."""
        if method == "sendMessage" and phase != "after":
            await asyncio.sleep(self.send_seconds / 2)

    def says(self, person: int, text: str) -> None:
        self.server.user_says(self.persons[person], text)

    def stands(self, person: int) -> list[str]:
        return self.server.replies(self.persons[person])

    def listened_to(self) -> bool:
        return True  # Telegram keeps what nobody has fetched yet

    def changed(self) -> int:
        return len({(one.chat_id, one.message_id) for one in self.server.api.edits})


@dataclass
class OnDiscord:
    far: FarSide
    people: int
    telling: set["asyncio.Task[object]"] = field(default_factory=set)

    def says(self, person: int, text: str) -> None:
        author = {"id": str(1000 + person), "username": f"person{person}", "discriminator": "0", "avatar": None}
        task: asyncio.Task[object] = asyncio.create_task(self.far.tell(text, channel=str(5000 + person), author=author))
        self.telling.add(task)
        task.add_done_callback(self.telling.discard)

    def stands(self, person: int) -> list[str]:
        told = self.far.messages.get(str(5000 + person), [])
        return [one["content"] for one in told if one["author"].get("bot")]

    def listened_to(self) -> bool:
        return self.far.connected.is_set()

    def changed(self) -> int:
        return 0  # the far side knows no way to change a message


async def kill_again_and_again(
    platform: str,
    kills: int,
    seed: int,
    people: int = 10,
    send_seconds: float = 0.2,
    tell: Callable[[], object] = lambda: None,
) -> tuple[Counts, str]:
    """Returns what the people saw, and the log. `tell` is called after each kill."""
    chance = random.Random(seed)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="echoes-kills-")))
        tokenizer = load_tokenizer(ensure_embedded())
        model = await stack.enter_async_context(ModelServer(say=lambda body: _reply(body, tokenizer)))
        model.pause = 0.02
        place, platforms, environment, module = await _open(platform, people, send_seconds, stack)
        contacts = tuple(
            Contact(f"p{number}", f"Person {number}", "friend", (Account(platform, account),))
            for number, account in enumerate(_accounts(place))
        )
        config = {"model": {"server": {"url": model.url, "model": "nora"}, "lora": "none"}, "platforms": platforms}
        daemon = EchoesProcess(make_workspace(folder / "nora", contacts, config), module, **environment)
        await daemon.start()
        stack.push_async_callback(daemon.stop)
        asked: dict[int, list[str]] = {number: [] for number in range(people)}
        await _until(place.listened_to)
        for number in range(people):  # a bot is told of private chats on Discord only by what is said in them
            _ask(place, asked, number)
        await _until(lambda: not _unanswered(place, asked))

        writing = asyncio.create_task(_write(place, asked, random.Random(seed + 1)))
        for _ in range(kills):
            said = daemon.logged().count("Ready:")
            await asyncio.sleep(chance.uniform(0.1, 2.5))
            daemon.kill()
            await daemon.ended()
            await daemon.start()
            if chance.random() < 0.8:  # else it may die before it is ready
                await _until(lambda said=said: daemon.logged().count("Ready:") > said)  # type: ignore[misc]
            tell()
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await _until(lambda: not _unanswered(place, asked), give_up=True)
        await asyncio.sleep(3 * send_seconds + 0.5)
        return Counts.of(place, asked), daemon.logged()


async def _open(
    platform: str, people: int, send_seconds: float, stack: AsyncExitStack
) -> tuple[Place, dict[str, dict[str, str]], dict[str, str], str]:
    """The place, `platforms` of the configuration, the environment, and the module to run."""
    if platform == "telegram":
        server = await stack.enter_async_context(TelegramServer())
        section = {"telegram": {"api_url": server.base_url.removesuffix("/bot")}}
        return OnTelegram(server, send_seconds, people), section, {"ECHOES_TELEGRAM_TOKEN": server.token}, "bot"
    far = FarSide(send_seconds=send_seconds, keeps_nonces=False)
    http = TestServer(far.app())
    await http.start_server()
    stack.push_async_callback(http.close)
    far.base = str(http.make_url("")).rstrip("/")
    environment = {"ECHOES_DISCORD_TOKEN": TOKEN, "DISCORD_FAR_SIDE": far.base}
    return OnDiscord(far, people), {"discord": {}}, environment, "tests.discord.run"


def _accounts(place: Place) -> list[str]:
    if isinstance(place, OnTelegram):
        return [str(person.id) for person in place.persons]
    assert isinstance(place, OnDiscord)
    return [str(1000 + number) for number in range(place.people)]


def _ask(place: Place, asked: dict[int, list[str]], person: int) -> None:
    question = f"q{person}-{len(asked[person])}."
    asked[person].append(question)
    place.says(person, question)


async def _write(place: Place, asked: dict[int, list[str]], chance: random.Random) -> None:
    """People write when they like, now and then twice in a row, but not without end to somebody who is away."""
    while True:
        await asyncio.sleep(chance.uniform(0.02, 0.25))
        person = chance.randrange(len(asked))
        if len(_unanswered(place, {person: asked[person]})) < 4:
            _ask(place, asked, person)
            if chance.random() < 0.2:
                await asyncio.sleep(chance.uniform(0.05, 0.6))
                _ask(place, asked, person)


def _unanswered(place: Place, asked: Mapping[int, list[str]]) -> list[str]:
    open_questions = []
    for person, questions in asked.items():
        answered = {one for text in place.stands(person) if text.startswith("so:") for one in _QUESTION.findall(text)}
        open_questions += [question for question in questions if question not in answered]
    return open_questions


def _reply(body: Json, tokenizer: Tokenizer) -> list[str]:
    """Two bubbles that tell which questions they answer: those of the turn that the prompt ends with."""
    text = tokenizer.decode(body["prompt"], skip_special_tokens=False)
    turn = text.rpartition("<|im_start|>user")[2]
    questions = " ".join(_QUESTION.findall(turn))
    return ["re: ", questions, "\n", "so: ", questions]


async def _until(condition: Callable[[], bool], *, give_up: bool = False) -> None:
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            if give_up:
                return
            raise TimeoutError("the avatar does not answer")
        await asyncio.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill a running avatar at random moments, and count what is lost.")
    parser.add_argument("platform", choices=["telegram", "discord"])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--send-seconds", type=float, default=0.2)
    parser.add_argument("--log", type=Path, help="keep what the avatar logged here")
    args = parser.parse_args()
    with tqdm(total=args.kills, unit="kill") as bar:
        counts, log = asyncio.run(
            kill_again_and_again(
                args.platform, args.kills, args.seed, args.people, args.send_seconds, lambda: bar.update()
            )
        )
    if args.log:
        args.log.write_text(log, "utf-8")
    print(counts)


if __name__ == "__main__":
    main()
