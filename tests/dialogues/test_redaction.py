"""What identifies somebody is not learnt, in either language, and everything else stays as it was written."""

from collections import Counter

import pytest

from bot.message import ChatKind
from tests.dialogues.identifying import lines, score
from tests.dialogues.log import Log
from training.data.redaction import Secret, find, redact, redacted


@pytest.mark.parametrize(
    ("said", "learnt"),
    [
        ("call me on +44 7700 900123 ok?", "call me on +00 0000 000000 ok?"),
        ("my number is 07700 900 123", "my number is 00000 000 000"),
        ("(555) 123-4567 or 555-1234", "(000) 000-0000 or 000-0000"),
        ("555.123.4567", "000.000.0000"),
        ("c'est le 06 12 34 56 78", "c'est le 00 00 00 00 00"),
        ("我的电话13812345678，别忘了", "我的电话00000000000，别忘了"),
        ("打138-1234-5678", "打000-0000-0000"),
        ("座机010-12345678", "座机000-00000000"),
        ("加我QQ 123456789", "加我QQ 000000000"),
        ("身份证号11010119900307201x", "身份证号00000000000000000X"),
        ("身份证110101199003072013哦", "身份证000000000000000000哦"),
        ("NI is QQ 12 34 56 C", "NI is XX 00 00 00 X"),
        ("ssn 078-05-1120", "ssn 000-00-0000"),
        ("护照E12345678", "护照X00000000"),
        ("微信wxid_wr3nb1rd5528w", "微信XXXX_XX0XX0XX0000X"),
        ("card 4111 1111 1111 1111 thanks", "card 0000 0000 0000 0000 thanks"),
        ("卡号6222021234567890123", "卡号0000000000000000000"),
        ("卡在DE89 3704 0044 0532 0130 00 OK", "卡在XX00 0000 0000 0000 0000 00 OK"),
        ("验证码482913，wifi密码是zhixia520", "验证码000000，wifi密码是XXXXXX000"),
        ("the password is hunter2!", "the password is XXXXXX0!"),
        ("电话是 400-0829-115", "电话是 000-0000-000"),
        ("write to wren.h+soup@mail.example.org.", "write to name@example.com."),
        ("邮箱是xiaoman@qq.com呀", "邮箱是name@example.com呀"),
        ("i live at 14 Harbour View Road now", "i live at 00 Harbour View Road now"),
        ("come to 7b mill lane", "come to 0b mill lane"),
        ("it's SW1A 1AA", "it's SW0A 0AA"),
        ("我家在临溪市解放路12号3栋502室", "我家在临溪市解放路00号0栋000室"),
        ("１３８１２３４５６７８", "00000000000"),
    ],
)
def test_what_identifies_somebody_becomes_a_placeholder_of_its_shape(said: str, learnt: str) -> None:
    assert redact(said) == learnt
    assert redact(learnt) == learnt, "a placeholder stays one"


@pytest.mark.parametrize(
    "said",
    [
        "see you at 18:30, or 20:15:00",
        "it was 2026-03-02 18:30 i think, or 02.03.2026",
        "2026年3月2日 或者 20260302",
        "in 1841, 1893 and 1998 1999 2000 2001",
        "from 2019-2023",
        "that's £1,250,000!! or $1250000 or 1250000 dollars",
        "要12000000元？¥3500000吧，3,500,000也行",
        "i walked 10 minutes down the road, 12000 steps",
        "3.14159265 is pi and 192.168.100.200 is home",
        "1 2 3 4 5 6 7 8 9",
        "10 20 30 40 50",
        "between 5000-10000 people",
        "room 1204, code 4471, bus 27",
        "走路15分钟，3号楼下见",
        "a full moon on the 20th of april",
        "see http://forum.example.org/showthread.php?t=1596545 and www.example.org/1050569/x",
        "看https://example.cn/6198889，好吗",
        "0.1  40924  2088 ?",
        "nmap 123.456.789",
        "order 114-3941689-8772232, 订单号2024031512345678",
        "the password is on the fridge, the code of the locker is 4471",
        "ports 6666-6667",
    ],
)
def test_what_does_not_stays(said: str) -> None:
    assert redact(said) == said


def test_of_many_ways_to_write_them_most_are_found_and_little_else() -> None:
    """The floor of what docs/results.md tells: `python -m tests.dialogues.identifying`."""
    every = lines()
    assert len(every) >= 300
    assert score(every).recall >= 0.98 and score(every).precision >= 0.97
    once = [line for line in every if "looked at once" in line.section]
    assert score(once).recall >= 0.96 and score(once).precision >= 0.9


def test_every_placeholder_stays_one() -> None:
    for line in lines():
        learnt = redact(line.text)
        assert redact(learnt) == learnt, line.text


def test_kinds_are_told_apart() -> None:
    said = "13812345678 110101199003072013 4111111111111111 a@b.cn 2 Mill Lane pin is 4471"
    assert [one.kind for one in find(said)] == [
        Secret.PHONE,
        Secret.IDENTITY,
        Secret.CARD,
        Secret.EMAIL,
        Secret.ADDRESS,
        Secret.CODE,
    ]
    assert [said[one.start : one.end] for one in find(said)][-2:] == ["2 Mill Lane", "4471"]


def test_a_dialogue_is_learnt_without_them(log: Log) -> None:
    log.private("Mei", "3/2 18:00 Mei: is it still 07700 900123?", "18:01 Nora: yes, or nora@home.org")
    log.private("Tom", "3/2 18:00 Tom: hi", "18:01 Nora: hi at 18:30")
    counts: Counter[str] = Counter()
    mei, tom = log.dialogues()
    changed = redacted(mei, counts)
    assert [bubble.text for turn in changed.turns for bubble in turn.bubbles] == [
        "is it still 00000 000000?",
        "yes, or name@example.com",
    ]
    assert (changed.scene.kind, changed.messages, changed.counted) == (ChatKind.PRIVATE, mei.messages, mei.counted)
    assert redacted(tom, counts) == tom
    assert counts == {"replaced: phone and other long numbers": 1, "replaced: e-mail addresses": 1}
