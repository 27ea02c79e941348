"""What holds for every format: damage of any kind is told or counted, and is never a mistake of Echoes."""

import json
import random

import pytest

from tests.importing.conftest import ANN, BEN, Desk, Write, telegram_chat, telegram_message
from tests.importing.test_chatlog_and_chatlab import CHATLOG_CSV, PRIVATE, as_json, as_lines, chatlab, chatlog
from tests.importing.test_google_chat import said as google_said
from tests.importing.test_imessage_and_sms import PICTURE_MESSAGE, TALK, backup, sms
from tests.importing.test_line_and_kakao import ENGLISH, KAKAO_ENGLISH, MAC, TAIWAN, WINDOWS
from tests.importing.test_matrix import room
from tests.importing.test_matrix import said as matrix_said
from tests.importing.test_pywxdump_json import row
from tests.importing.test_qq import TEXT, export, message, part
from tests.importing.test_telegram_html import page, said
from tests.importing.test_wechat import CHAT, FULL, NAMED, PYWXDUMP, arkme

WORDS = [f"第{n}句 word 🙂 {n}" for n in range(1, 30)]


def dumped(export: object) -> str:
    return json.dumps(export, ensure_ascii=False, indent=1)


SAMPLES: dict[str, tuple[str, str, str]] = {
    "telegram": (
        "Telegram Desktop",
        "result.json",
        dumped(telegram_chat(*(telegram_message(n, words, (ANN, BEN)[n % 2]) for n, words in enumerate(WORDS, 1)))),
    ),
    "telegram-html": (
        "Telegram Desktop (HTML)",
        "messages.html",
        page(*(said(n, words, ("Ann", "Ben")[n % 2]) for n, words in enumerate(WORDS, 1))),
    ),
    "weflow": ("WeFlow", "weflow.json", dumped(arkme(*({"content": words} for words in WORDS)))),
    "memotrace": ("MemoTrace", "小红(wxid_xiaohong)/小红.csv", CHAT),
    "memotrace-columns": ("MemoTrace (WeChat's columns)", "messages.csv", FULL + "\r\n".join(NAMED) + "\r\n"),
    "pywxdump": ("PyWxDump / WeClone", "a.csv", PYWXDUMP),
    "pywxdump-json": ("PyWxDump / WeClone", "a.json", dumped([row(n, words) for n, words in enumerate(WORDS[:9], 1)])),
    "chatlog": ("chatlog", "c.json", dumped([chatlog(n, words) for n, words in enumerate(WORDS, 1)])),
    "chatlog-csv": ("chatlog", "c.csv", CHATLOG_CSV),
    "chatlab": ("ChatLab", "c.json", dumped(as_json(PRIVATE, *(chatlab(n, w) for n, w in enumerate(WORDS, 1))))),
    "chatlab-lines": (
        "ChatLab",
        "c.jsonl",
        as_lines(PRIVATE, *(chatlab(n, words) for n, words in enumerate(WORDS, 1))).partition("\n")[2],
    ),
    "qq": (
        "QQ Chat Exporter",
        "qq.json",
        dumped(export(*(message(n, part("text", text=words)) for n, words in enumerate(WORDS, 1)))),
    ),
    "qq-lines": (
        "QQ Chat Exporter",
        "chunk_0001.jsonl",
        "".join(
            json.dumps(message(n, part("text", text=words)), ensure_ascii=False) + "\n"
            for n, words in enumerate(WORDS, 1)
        ),
    ),
    "qq-text": ("QQ (text)", "qq.txt", TEXT),
    "line": ("LINE", "line.txt", ENGLISH),
    "line-zh": ("LINE", "line.txt", TAIWAN),
    "kakaotalk": ("KakaoTalk", "kakao.txt", WINDOWS),
    "kakaotalk-en": ("KakaoTalk", "kakao.txt", KAKAO_ENGLISH),
    "kakaotalk-mac": ("KakaoTalk", "kakao.csv", MAC),
    "google-chat": (
        "Google Chat",
        "messages.json",
        dumped({"messages": [google_said(n, words) for n, words in enumerate(WORDS, 1)]}),
    ),
    "matrix": (
        "Matrix (Element)",
        "room.json",
        dumped(room(*(matrix_said(n, words) for n, words in enumerate(WORDS, 1)))),
    ),
    "imessage": ("iMessage (imessage-exporter)", "Ann.txt", TALK),
    "sms": ("SMS Backup & Restore", "sms.xml", backup(*(sms(n, w) for n, w in enumerate(WORDS, 1)), PICTURE_MESSAGE)),
}
every_format = pytest.mark.parametrize("sample", SAMPLES)


def unharmed(desk: Desk, write: Write, content: str | bytes, name: str, note: str) -> int:
    """Imports a damaged file; returns how many messages were kept. It is told or counted, and no traceback comes."""
    report = desk.take(write(content, f"{note}/{name}"))
    assert not any("mistake in Echoes" in problem for problem in report.problems), report.problems
    assert report.read == report.kept + report.skipped.total()
    return report.kept


@every_format
def test_every_export_is_known_by_what_it_holds(desk: Desk, write: Write, sample: str) -> None:
    format_name, name, text = SAMPLES[sample]
    folder = name.rpartition("/")[0]
    report = desk.take(write(text, f"{folder or 'x'}/whatever{name[name.rindex('.') :]}"))
    assert [file.format for file in report.files] == [format_name]
    assert report.kept >= 3
    assert report.files[0].read == report.read


@every_format
def test_a_byte_order_mark_changes_nothing(desk: Desk, write: Write, sample: str) -> None:
    format_name, name, text = SAMPLES[sample]
    report = desk.take(write(text, name, "utf-8-sig"))
    assert ([file.format for file in report.files], report.problems) == ([format_name], [])
    assert report.kept >= 3


@every_format
def test_a_cut_anywhere_does_no_harm(desk: Desk, write: Write, sample: str) -> None:
    _, name, text = SAMPLES[sample]
    data = text.encode()
    whole = unharmed(desk, write, data, name, "whole")
    for share in range(5, 100, 9):
        unharmed(desk, write, data[: len(data) * share // 100], name, f"cut{share}")
    assert whole >= 3


@every_format
def test_damaged_bytes_do_no_harm(desk: Desk, write: Write, sample: str) -> None:
    _, name, text = SAMPLES[sample]
    data = text.encode()
    for seed in range(12):
        rng = random.Random(f"{sample}{seed}")
        damaged = bytearray(data)
        for _ in range(rng.choice((1, 3, 20))):
            place = rng.randrange(len(damaged))
            if rng.random() < 0.5:
                damaged[place] = rng.choice((0, 0xFF, 0x0A, 0x22, 0x7B, rng.randrange(256)))
            else:
                damaged[place:place] = rng.choice((b"\0", b"\xed\xa0\x80", b"\r\n\r\n", b"{", b'"', b"<", b"&#55357;"))
        unharmed(desk, write, bytes(damaged), name, f"damaged{seed}")


@every_format
@pytest.mark.parametrize("encoding", ["utf-16", "gb18030", "big5", "latin-1"])
def test_any_encoding_is_read_or_refused(desk: Desk, write: Write, sample: str, encoding: str) -> None:
    _, name, text = SAMPLES[sample]
    unharmed(desk, write, text.encode(encoding, "replace"), name, encoding)


@every_format
@pytest.mark.parametrize(("year", "seconds"), [("1970", "000000"), ("2100", "410244"), ("9999", "999999")])
def test_years_long_ago_and_far_ahead_do_no_harm(
    desk: Desk, write: Write, sample: str, year: str, seconds: str
) -> None:
    _, name, text = SAMPLES[sample]
    odd = text.replace("2024", year).replace("2022", year).replace("2014", year).replace("172801", seconds)
    unharmed(desk, write, odd.replace("172804", seconds), name, year)


@every_format
def test_an_export_without_messages_is_no_mistake(desk: Desk, write: Write, sample: str) -> None:
    _, name, text = SAMPLES[sample]
    for lines in (1, 2, 5):
        unharmed(desk, write, "\n".join(text.splitlines()[:lines]), name, f"lines{lines}")


@every_format
def test_importing_again_adds_nothing(desk: Desk, write: Write, sample: str) -> None:
    _, name, text = SAMPLES[sample]
    path = write(text, name)
    assert desk.take(path).kept >= 3
    assert desk.take(path).kept == 0


ODD: list[object] = [None, True, -1, 10**30, 0.5, "", "x", "\ud800", [], [1, None], {}, {"text": [{}]}, "9" * 30]
HOLDING = dict.fromkeys(("chatlog", "pywxdump-json"), "") | dict.fromkeys(
    ("telegram", "weflow", "chatlab", "qq", "google-chat", "matrix"), "messages"
)
"""The JSON formats, and where each keeps its messages."""


@pytest.mark.parametrize("sample", HOLDING)
def test_odd_values_in_a_message_never_stop_an_import(desk: Desk, write: Write, sample: str) -> None:
    _, name, text = SAMPLES[sample]
    export = json.loads(text)
    messages = export[HOLDING[sample]] if HOLDING[sample] else export
    good = messages[0]
    odd = [{**good, key: value} for key in (*good, "reply_to_message_id", "contents", "photo") for value in ODD]
    messages[1:1] = odd
    report = desk.take(write(json.dumps(export), name))
    assert report.problems == []
    assert report.read == len(messages)
    assert report.kept >= len(WORDS)


@pytest.mark.parametrize("sample", [sample for sample, place in HOLDING.items() if place])
def test_odd_values_around_the_messages_never_stop_an_import(desk: Desk, write: Write, sample: str) -> None:
    _, name, text = SAMPLES[sample]
    export = json.loads(text)
    for key in export.keys() - {"messages", "weflow", "chatlab"}:
        parts = [(None, odd) for odd in ODD]
        if isinstance(export[key], dict):
            parts += [(inner, odd) for inner in export[key] for odd in ODD]
        for number, (inner, odd) in enumerate(parts):
            value = odd if inner is None else {**export[key], inner: odd}
            unharmed(desk, write, json.dumps({**export, key: value}), name, f"{key}{number}")
