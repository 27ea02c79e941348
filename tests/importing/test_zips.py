"""Zips: read as the folders that they are, never trusted, and gone from the disk afterwards."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.importing.conftest import Desk, Write, telegram_chat, telegram_message
from tests.importing.test_whatsapp import IPHONE
from tests.support import picture
from training.data.importers import archives

TALK = telegram_chat(telegram_message(1, "hi"), telegram_message(2, "look", photo="photos/1.png"))


def zipped(*files: tuple[str | zipfile.ZipInfo, bytes | str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return packed.getvalue()


def left_in(desk: Desk) -> list[str]:
    return sorted(path.name for path in desk.corpus.path.parent.iterdir() if "unpacked" in path.name)


PHONE = zipped(("_chat.txt", IPHONE), ("00000003-PHOTO-2024-01-20-21-05-09.jpg", picture()), ("x.opus", b"\0" * 99))


def test_a_zip_from_a_phone_is_read_with_its_photos(desk: Desk, write: Write) -> None:
    path = write(PHONE, "WhatsApp Chat - Anna.zip")
    report = desk.take(path)
    assert (report.kept, report.photos, report.problems) == (4, 1, [])
    assert [file.path for file in report.files] == [f"{path}/_chat.txt"]
    assert [file.format for file in report.files] == ["WhatsApp"]
    assert left_in(desk) == []
    assert desk.store.open(desk.messages[1].digests[0]).size == (64, 48)


def test_a_zip_in_a_folder_is_opened_and_one_without_an_export_left_alone(
    desk: Desk, write: Write, tmp_path: Path
) -> None:
    write(PHONE, "all/anna.zip")
    write(zipped(("song.txt", "la la")), "all/song.zip")
    write(zipped(("word/document.xml", "<a/>")), "all/letter.docx")
    report = desk.take(tmp_path / "all")
    assert (report.kept, report.problems) == (4, [])


def test_a_named_zip_without_an_export_is_said(desk: Desk, write: Write) -> None:
    path = write(zipped(("song.txt", "la la")), "song.zip")
    (problem,) = desk.take(path).problems
    assert problem.startswith(f"{path} holds no export")
    assert "Telegram Desktop" in problem


def test_a_problem_names_the_file_in_the_zip(desk: Desk, write: Write) -> None:
    text = b"20/01/2024, 21:05 - Ann: " + bytes(range(128, 256)) * 20
    path = write(zipped(("_chat.txt", text)), "a.zip")
    (problem,) = desk.take(path).problems
    assert problem.startswith(f"{path}/_chat.txt")
    assert "unpacked-" not in problem


def locked(data: bytes) -> bytes:
    """The same zip with the sign of a password on its files."""
    changed = bytearray(data)
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = changed.find(sign)
        while start >= 0:
            changed[start + place] |= 1
            start = changed.find(sign, start + 4)
    return bytes(changed)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (zipped(("../../.bashrc", "x"), ("result.json", "{}")), "outside of its folder"),
        (zipped(("a/../../b", "x")), "outside of its folder"),
        (zipped(("/etc/cron.d/x", "x")), "outside of its folder"),
        (zipped(("..\\..\\x", "x")), "outside of its folder"),
        (zipped(("C:\\Windows\\x", "x")), "outside of its folder"),
        (locked(PHONE), "locked with a password"),
        (PHONE[: len(PHONE) // 2], "damaged or incomplete"),
        (PHONE[:60] + bytes(20) + PHONE[80:], "damaged or incomplete"),
        (b"PK\x05\x06" + b"\xff" * 60, "damaged or incomplete"),
    ],
)
def test_a_hostile_or_damaged_zip_is_a_sentence(
    desk: Desk, write: Write, tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = write(content, "deep/down/a.zip")
    before = {one for one in tmp_path.rglob("*") if "workspace" not in one.parts}
    (problem,) = desk.take(path).problems
    assert sentence in problem
    assert str(path) in problem
    assert {one for one in tmp_path.rglob("*") if "workspace" not in one.parts} == before
    assert (left_in(desk), desk.corpus.count()) == ([], 0)


def test_a_bomb_is_not_unpacked(desk: Desk, write: Write) -> None:
    path = write(zipped(("result.json", b" " * (300 << 20))), "bomb.zip")
    assert path.stat().st_size < 1 << 20
    (problem,) = desk.take(path).problems
    assert "no export does that" in problem


def test_there_are_bounds_to_everything(desk: Desk, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    many = write(zipped(*((f"{number}.txt", "x") for number in range(12))), "many.zip")
    monkeypatch.setattr(archives, "MAX_FILES", 10)
    assert "holds 12 files" in desk.take(many).problems[0]
    monkeypatch.setattr(archives, "MAX_BYTES", 100)
    assert "no export does that" in desk.take(write(PHONE, "a.zip")).problems[0]
    monkeypatch.undo()
    monkeypatch.setattr(archives, "_SPARE", 1 << 60)
    assert "make room" in desk.take(write(PHONE, "a.zip")).problems[0]


def link(name: str, to: str) -> tuple[zipfile.ZipInfo, str]:
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, 0o120777 << 16
    return entry, to


def test_links_are_never_made(desk: Desk, write: Write) -> None:
    secret = write(picture(), "secret.png")
    files: Iterable[tuple[str | zipfile.ZipInfo, bytes | str]] = (
        link("photos/1.png", str(secret)),
        ("result.json", write(TALK).read_bytes()),
    )
    report = desk.take(write(zipped(*files), "a.zip"))
    assert (report.kept, dict(report.photos_left_out)) == (2, {"not in the export": 1})


def nameless(content: str) -> tuple[zipfile.ZipInfo, str]:
    entry = zipfile.ZipInfo("x")
    entry.filename = ""
    return entry, content


def test_odd_names_in_a_zip_do_no_harm(desk: Desk, write: Write) -> None:
    export = write(TALK).read_bytes()
    files: list[tuple[str | zipfile.ZipInfo, bytes | str]] = [
        ("result.json", export),
        ("result.json/inside", "x"),  # a folder where a file is
        ("x" * 300 + ".txt", "x"),
        ("__MACOSX/._result.json", b"\0\5\x16\7"),
        ("photos\\1.png", picture()),  # as old Windows writes it
        (".", "x"),
        nameless("x"),
    ]
    report = desk.take(write(zipped(*files), "a.zip"))
    assert (report.kept, report.photos, report.problems) == (2, 1, [])


def test_what_is_unpacked_is_private_and_what_a_killed_import_left_is_swept(desk: Desk, write: Write) -> None:
    workspace = desk.corpus.path.parent
    left = workspace / ".unpacked-left"
    left.mkdir()
    (left / "_chat.txt").write_text("x")
    with archives.unpacked(write(PHONE, "a.zip"), workspace) as folder:
        assert folder.parent.stat().st_mode & 0o777 == 0o700
        assert desk.take(write(PHONE, "b.zip")).kept == 4  # another import, meanwhile
        assert (folder / "_chat.txt").exists()
    assert left_in(desk) == []
