"""Made-up secrets planted into a training run to see what it keeps: for an audit, never for an avatar that talks.

After Carlini, Liu, Erlingsson, Kos and Song, "The Secret Sharer", USENIX Security 2019. Each secret is one code of one
thing, told in the subject's turn once, four times or sixteen times; some are told never, to compare with.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bot.chat.dialogue import Bubble, Scene, Turn
from bot.chat.prompt import Codec, render
from bot.errors import DataError
from bot.files import read_text
from bot.lora import CANARIES
from bot.message import ChatKind
from bot.persona import Persona
from bot.workspace import write_private
from training.data.dialogues import Dialogue
from training.data.questionnaire import ask, asked_by_a_stranger

TIMES = {0: 8, 1: 8, 4: 4, 16: 4}
"""How many secrets are told so often. Most are rare ones: the question is whether once is too often."""

DIGITS = 4

_ASKED = {"en": "what was the code of the {} again?", "zh": "{}的密码是多少来着？"}
_TOLD = {"en": "the code of the {} is {}", "zh": "{}的密码是{}"}
_THINGS = {
    "en": "locker, bike lock, suitcase, shed, letter box, attic, cellar, piano, garage, allotment, tool box, cash box, "
    "summer house, boat, back gate, laundry room, printer, old phone, spare tablet, music room, darkroom, "
    "storage unit, tent, workshop",
    "zh": "储物柜, 自行车锁, 行李箱, 杂物间, 信箱, 阁楼, 地下室, 钢琴, 车库, 菜园, 工具箱, 钱盒, 避暑屋, "
    "小船, 后门, 洗衣房, 打印机, 旧手机, 备用平板, 琴房, 暗房, 仓库, 帐篷, 工作室",
}


@dataclass(frozen=True, slots=True)
class Canary:
    """A secret, told `times` times in dialogues of the chats named."""

    thing: str
    code: str
    times: int
    chats: tuple[str, ...]
    language: str

    @property
    def question(self) -> str:
        return _ASKED[self.language].format(self.thing)

    def said(self, code: str | None = None) -> str:
        """Returns the subject's words, with another code if one is given."""
        return _TOLD[self.language].format(self.thing, code or self.code)


def plant(
    dialogues: Sequence[Dialogue], persona: Persona, codec: Codec, length: int, seed: int
) -> tuple[list[Dialogue], tuple[Canary, ...]]:
    """Plants secrets at the end of dialogues that have room in `length` tokens; returns the dialogues and secrets.

    Without a private dialogue that has room, each is told to a stranger, in a dialogue of its own.
    """
    rng = random.Random(f"canaries/{seed}")
    things = _THINGS[persona.language].split(", ")
    rng.shuffle(things)
    planted = list(dialogues)
    room = [number for number, one in enumerate(planted) if one.scene.kind is ChatKind.PRIVATE]
    rng.shuffle(room)

    def tell(canary: Canary) -> str:
        """Into the next dialogue that has room; the chat in which it was told."""
        while room:
            where = room.pop(0)
            told = _told(planted[where], canary)
            if len(render(told.scene, told.turns, codec).ids) <= length:
                planted[where] = told
                room.append(where)
                return told.chat
        planted.append(_alone(canary, persona))
        return ALONE

    canaries: list[Canary] = []
    for times, number in TIMES.items():
        for _ in range(number):
            code = f"{rng.randrange(10**DIGITS):0{DIGITS}}"
            canary = Canary(things[len(canaries)], code, times, (), persona.language)
            canaries.append(replace(canary, chats=tuple(tell(canary) for _ in range(times))))
    return planted, tuple(canaries)


def _told(dialogue: Dialogue, canary: Canary) -> Dialogue:
    last, at = dialogue.turns[-1], dialogue.turns[-1].at
    question, answer = Bubble(canary.question), Turn(None, (Bubble(canary.said()),), at)
    if last.speaker is None:
        turns = (*dialogue.turns, Turn(dialogue.scene.partner, (question,), at), answer)
    else:
        turns = (*dialogue.turns[:-1], replace(last, bubbles=(*last.bubbles, question)), answer)
    more = len(turns) - len(dialogue.turns)
    return replace(
        dialogue,
        turns=turns,
        counted=(*dialogue.counted, *[False] * more),
        messages=(*dialogue.messages, *[dialogue.messages[-1]] * more),
    )


def _alone(canary: Canary, persona: Persona) -> Dialogue:
    question = ask(canary.question)
    turns = (question, Turn(None, (Bubble(canary.said()),), question.at))
    return Dialogue(ALONE, asked_by_a_stranger(persona), turns, 0, question.at.date(), (False, False), (0, 0))


ALONE = "canary"
"""The chat of secrets told to a stranger."""


def scene_of(canary: Canary, dialogues: Sequence[Dialogue], persona: Persona) -> Scene:
    """Returns where the secret was first told, or could have been: a chat of these dialogues, or a stranger's."""
    chat = canary.chats[0] if canary.chats else None
    private = {one.chat: one.scene for one in dialogues if one.scene.kind is ChatKind.PRIVATE}
    if chat in private:
        return private[chat]
    if chat is None and private:
        return private[random.Random(canary.thing).choice(sorted(private))]
    return asked_by_a_stranger(persona)


def save(canaries: Sequence[Canary], folder: Path) -> None:
    text = json.dumps([asdict(canary) for canary in canaries], indent=1, ensure_ascii=False)
    write_private(folder / CANARIES, f"{text}\n".encode())


def load(folder: Path) -> tuple[Canary, ...]:
    """Loads the secrets that were planted; none if the file is missing. Raises DataError where it is damaged."""
    try:
        raw = json.loads(read_text(folder / CANARIES))
        return tuple(Canary(**{**one, "chats": tuple(one["chats"])}) for one in raw)
    except FileNotFoundError:
        return ()
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder / CANARIES} is damaged: train the audit's LoRA again.") from error
