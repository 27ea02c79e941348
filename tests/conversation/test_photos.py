"""Photos sent to the avatar: what cannot be seen is answered all the same, and nobody waits for somebody else's."""

import threading

import pytest
from PIL import Image

from bot.pictures import decode
from tests.conversation.stage import MEI, OMA, Stage
from tests.support import picture

TEXTURE = b"DDS " + (124).to_bytes(4, "little") + bytes(120)
"""Pillow knows what it is, and then not what to do with it."""


async def test_a_file_that_is_no_photo_is_answered_and_the_chat_goes_on(stage: Stage) -> None:
    await stage.says(MEI, "look", photos={"texture": TEXTURE})
    await stage.settled()
    assert stage.heard("1") == ["ok"]
    await stage.says(MEI, photos={"another": b"\xff\xd8\xff\xe1" + TEXTURE})
    await stage.settled()
    assert stage.heard("1") == ["ok", "ok"]
    assert "[photo]<|im_end|>" in stage.engine.prompts[-1]
    await stage.restart()
    await stage.says(MEI, "and now?")
    await stage.settled()
    await stage.says(MEI, "/stop")
    await stage.settled()
    assert stage.heard("1")[:3] == ["ok", "ok", "ok"] and len(stage.heard("1")) == 4, "and /stop is obeyed"


async def test_a_photo_that_can_no_longer_be_read_holds_nobody_up(stage: Stage) -> None:
    await stage.says(MEI, "look", photos={"a": picture()})
    await stage.settled()
    [kept] = [path for path in stage.media.root.rglob("*") if path.is_file()]
    kept.write_bytes(TEXTURE)
    await stage.restart()
    await stage.says(MEI, "do you like it?")
    await stage.settled()
    assert stage.heard("1") == ["ok", "ok"]
    assert "<|vision_start|>" not in stage.engine.prompts[-1]


async def test_nobody_waits_for_a_photo_of_another_chat(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.says(MEI, "look", photos={"a": picture()})
    await stage.settled()
    await stage.restart()
    looking, seen = threading.Event(), threading.Event()
    in_time: list[bool] = []

    def slow(data: bytes) -> Image.Image:
        looking.set()
        in_time.append(seen.wait(20))
        return decode(data)

    monkeypatch.setattr("bot.media.decode", slow)
    await stage.says(MEI, "do you like it?")
    await stage.until(looking.is_set)
    await stage.says(OMA, "good morning")
    await stage.until(lambda: stage.heard("2"))
    assert stage.heard("1") == ["ok"], "still looking"
    seen.set()
    await stage.settled()
    assert in_time and all(in_time), "the loop stood still meanwhile"
    assert stage.heard("1") == ["ok", "ok"]
