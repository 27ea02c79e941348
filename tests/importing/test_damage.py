"""Files of every chat app, cut and changed at random: what cannot be read is a counted skip or a sentence."""

import json
import random
from pathlib import Path

import pytest

from tests.importing.conftest import Desk
from tests.importing.test_discord import OWN, TABLE, channel, direct, message
from tests.importing.test_messenger import ben, thread
from tests.importing.test_signal import CHAT
from tests.importing.test_slack import CHANNELS, USERS
from tests.importing.test_whatsapp import ANDROID, GROUP, IPHONE
from tests.importing.test_zips import PHONE, zipped

SLACK = [
    {"type": "message", "user": "UANN", "text": f"<@UBEN> number {n} &amp; :joy:", "ts": f"17000000{n:02}.000100"}
    for n in range(8)
]
EXPORTS: dict[str, bytes] = {
    "WhatsApp Chat with Ann Lee.txt": ANDROID.encode(),
    "_chat.txt": IPHONE.encode(),
    "group/_chat.txt": GROUP.encode("utf-16"),
    "inbox/zoe_17/message_1.json": thread(
        *({"content": f"schön {n}"} if n % 2 else ben("好") for n in range(9))
    ).encode(),
    "general/2023-11-14.json": json.dumps(SLACK).encode(),
    "AnnLee/chat.md": CHAT.encode(),
    "channel.json": json.dumps(channel(*(message(n, f"number {n}") for n in range(9)))).encode(),
    "direct.json": json.dumps(direct(*(message(n, f"number {n}") for n in range(9)))).encode(),
    "c777/messages.json": json.dumps(OWN * 4).encode(),
    "c777/messages.csv": (TABLE * 2).encode(),
    "phone.zip": PHONE,
    "slack.zip": zipped(
        ("users.json", json.dumps(USERS)),
        ("channels.json", json.dumps(CHANNELS)),
        ("general/1.json", json.dumps(SLACK)),
    ),
}
ODD = [
    b"\0",
    b"\xff\xfe",
    b"\xed\xb0\x80",
    b"\\udc00",
    b'"',
    b"\n",
    b"[",
    b"}",
    b":",
    b"9" * 40,
    b"1970",
    b"2150",
    b"\r",
    b"<",
]


def damaged(whole: bytes, rng: random.Random) -> bytes:
    """The file cut off, or with a few places changed, or with a part of it missing."""
    change = rng.randrange(3)
    at = rng.randrange(len(whole))
    if change == 0:
        return whole[:at]
    if change == 1:
        return whole[:at] + whole[at + rng.randrange(1, 60) :]
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(whole))
        whole = whole[:at] + rng.choice(ODD) + whole[at + rng.randrange(3) :]
    return whole


@pytest.mark.parametrize("name", EXPORTS)
def test_damage_at_random_is_never_a_fault_of_the_format(desk: Desk, tmp_path: Path, name: str) -> None:
    rng = random.Random(name)
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(EXPORTS[name])
    assert desk.take(path, me="80351110224678913").kept > 0
    for _ in range(60):
        path.write_bytes(damaged(EXPORTS[name], rng))
        report = desk.take(path, me="80351110224678913")
        for problem in (*report.problems, *report.format_problems):
            assert str(path) in problem
            assert "failed at" not in problem
            assert "makes no sense" not in problem
            assert "yielded" not in problem
        assert report.read == report.kept + report.skipped.total()
        assert report.files or report.problems
