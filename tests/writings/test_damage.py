"""Damaged, hostile and enormous files: told in a sentence or counted, and never fatal."""

import json
import random
import struct
import time
from pathlib import Path

import pytest

from bot.writing import WritingKind
from tests.writings.conftest import MEI, Shelf, mail, mailbox
from tests.writings.test_diary import CHINESE, ENGLISH, docx, docx_xml
from training.data.importers.writings.hypertext import plain
from training.data.importers.writings.reply import own_lines

POSTS = [{"media": [{"uri": "a", "creation_timestamp": 1683367500 + n, "title": f"post {n}"}]} for n in range(8)]
FACEBOOK = [{"timestamp": 1683367500 + n, "data": [{"post": f"post {n}"}]} for n in range(8)]
MOMENTS = {"posts": [{"id": str(n), "username": "wxid_mei", "createTime": 1683367500 + n, "contentDesc": f"第{n}条"}
                     for n in range(8)]}  # fmt: skip
HTML = mail("<p>one</p><blockquote>two</blockquote>", kind="text/html; charset=utf-8", number=2)
PARTS = mail(
    "--b\nContent-Type: text/plain; charset=gb2312; format=flowed\n\none \ntwo\n--b\nContent-Type: text/html\n\n"
    "<p>one\n--b--\n", kind="multipart/alternative; boundary=b", number=3,
)  # fmt: skip
FILES: dict[str, bytes] = {
    "diary.txt": ENGLISH.encode(),
    "diary.md": f"---\ndate: 2023-05-06\n---\n{CHINESE}".encode(),
    "diary.docx": docx("6 May 2023", "Went to the sea.", "7 May 2023", "It rained."),
    "Sent": mailbox(mail("Hi Ann.\n\nOn 2 May Ann wrote:\n> x"), HTML, PARTS),
    "one.eml": PARTS,
    "posts_1.json": json.dumps(POSTS).encode(),
    "your_posts_1.json": json.dumps(FACEBOOK).encode(),
    "moments.json": json.dumps(MOMENTS, ensure_ascii=False).encode(),
}
ODD = (b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b'"', b"\n", b"\n\n", b"From ", b"--b", b"=?x?b?", b"<",
       b"9" * 40, b"1970-01-01", b"2100-01-01", b"\r", b";", b">" * 50)  # fmt: skip


def take(shelf: Shelf, path: Path) -> int:
    """Imports a damaged file; returns how many were kept."""
    said = {"said_to_be": WritingKind.DIARY} if path.stem == "diary" else {}
    report = shelf.take(path, me="Mei Tan", **said)
    for problem in (*report.problems, *report.format_problems):
        assert str(path) in problem
        for mistake in ("failed at", "makes no sense", "yielded", "mistake in Echoes"):
            assert mistake not in problem, problem
    assert report.read == report.kept + report.skipped.total()
    assert report.files or report.problems
    return report.kept


@pytest.mark.parametrize("name", FILES)
def test_damage_at_random_is_never_a_fault_of_ours(shelf: Shelf, name: str) -> None:
    whole, rng = FILES[name], random.Random(name)
    assert take(shelf, shelf.write(whole, name)) > 0
    for _ in range(15):
        damaged = whole[: rng.randrange(len(whole))] if rng.random() < 0.3 else whole
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(damaged) + 1)
            damaged = damaged[:at] + rng.choice(ODD) + damaged[at + rng.randrange(4) :]
        take(shelf, shelf.write(damaged, name))


@pytest.mark.parametrize("name", ["posts_1.json", "your_posts_1.json", "moments.json"])
def test_odd_values_never_stop_an_import(shelf: Shelf, name: str) -> None:
    content = json.loads(FILES[name])
    posts = content if isinstance(content, list) else content["posts"]
    odd: list[object] = [None, True, -1, 10**30, 0.5, "", "\ud800", [], [1, None], [{}], {}, {"post": [{}]}, "9" * 30]
    good = dict(posts[0])
    posts += [{**good, key: value} for key in good for value in odd]
    report = shelf.take(shelf.write(json.dumps(content), name), me="Mei Tan")
    assert (report.problems, report.read) == ([], len(posts))
    assert report.kept >= 8


def test_a_document_that_does_harm_is_refused(shelf: Shelf) -> None:
    bomb, size = docx("a" * 70_000), (70_000 + len(docx_xml("")))
    grown = bomb.replace(struct.pack("<I", size), struct.pack("<I", 900 << 20))
    assert "no export does that" in shelf.diary(grown, "bomb.docx").problems[0]
    entities = '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><d>&b;</d>'
    assert "declares XML entities" in shelf.diary(docx(document=entities), "entities.docx").problems[0]
    whole = FILES["diary.docx"]
    assert "damaged or incomplete document" in shelf.diary(whole[: len(whole) // 2], "half.docx").problems[0]


def test_enormous_lines(shelf: Shelf) -> None:
    assert shelf.diary(b"2023-05-06\n" + b"a" * (10 << 20), "long.txt").kept == 0
    assert shelf.diary(b"2023-05-06\n" + b"**[![" * 20_000, "marks.md").kept == 1
    long = mail("b" * (10 << 20), number=2)
    report = shelf.take(shelf.write(mailbox(mail("c"), long), "Sent"))
    assert report.kept == 2 and max(len(one.text) for one in shelf.kept) <= 1 << 20


def test_deep_mails_and_broken_headers(shelf: Shelf) -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(2000))
    broken = [
        f"From: =?utf-8?b?!!!?= <{MEI}>\nTo: \xff, ,;<<>\nDate: yesterday\nSubject: =?x?q?=\n\nhello 1\n".encode(
            "latin-1"
        ),
        f"From: {MEI}\nTo: a@example.org\nDate: Thu, 01 Jan 1970 00:00:00 +0000\n\nhello 2\n".encode(),
        f"From: {MEI}\nTo: a@example.org\nDate: Fri, 01 Jan 2100 00:00:00 +0000\n\nhello 3\n".encode(),
        f"From: {MEI}\nDate: Mon, 99 Foo 99999 99:99:99 +9999\nSubject: x\n\nhello \0 4\n".encode(),
        f"From: {MEI}\nSubject: x\n".encode() + deep,
    ]
    report = shelf.take(shelf.write(mailbox(*broken), "Sent"))
    assert report.problems == [] and report.kept == 4
    assert sorted(one.text for one in shelf.kept) == ["hello  4", "hello 1", "hello 2", "hello 3"]
    assert {one.day for one in shelf.kept} == {None}


def test_hostile_text_takes_no_time() -> None:
    began = time.process_time()
    for text in (
        "On " * 90 + "\n",
        "\n" * 50_000,
        "On x\n" * 5_000,
        "From: a\n" * 5_000,
        "写道：" * 9_000,
        "<a@b> " * 9_000,
    ):
        own_lines(text)
    for text in ("<a b='" * 30_000, "<div>" * 9_000, "<!--" * 30_000, "&#" * 90_000, "</" * 90_000):
        plain(text)
    assert time.process_time() - began < 20
