"""What is broken, hostile or unknown: a clear sentence or a counted skip, and the rest is kept."""

import errno
import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.importing.conftest import ANN, BEN, Desk, Write, telegram_chat, telegram_message
from tests.importing.test_wechat import CHAT, PYWXDUMP, START, arkme
from tests.support import kind, picture

TALK = telegram_chat(*(telegram_message(n, f"message {n}", (ANN, BEN)[n % 2]) for n in range(1, 200)))


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9, 0.99])
def test_a_truncated_export_gives_all_that_is_whole(desk: Desk, write: Write, share: float) -> None:
    text = json.dumps(TALK, indent=1)
    cut = text[: int(len(text) * share)]
    report = desk.take(write(cut))
    whole = cut.count("\n  },")  # how each message but the last ends
    assert report.kept == whole > 10
    assert [text for _, text in desk.said] == [f"message {n}" for n in range(1, whole + 1)]
    assert "ends in the middle" in report.files[0].notes[0]
    assert not report.problems
    assert desk.take(write(text)).kept == 199 - whole


def test_a_truncated_export_of_wechat(desk: Desk, write: Write) -> None:
    text = json.dumps(arkme(*({"content": f"第{n}句"} for n in range(1, 50))), ensure_ascii=False, indent=1)
    report = desk.take(write(text[: int(len(text) * 0.7)]))
    assert report.kept > 10
    assert "ends in the middle" in report.files[0].notes[0]


def test_a_damaged_place_in_the_middle(desk: Desk, write: Write) -> None:
    text = json.dumps(TALK, indent=1)
    middle = text.index('"message 100"')
    report = desk.take(write(text[:middle] + "<<<" + text[middle:]))
    assert report.kept == 198
    assert [text for _, text in desk.said][98:100] == ["message 99", "message 101"]
    assert "is damaged: about 184 bytes" in report.files[0].notes[0]  # those of one message
    assert "everything else was read" in report.files[0].notes[0]


def test_a_damaged_place_before_the_messages(desk: Desk, write: Write) -> None:
    text = json.dumps(TALK).replace('"type": "personal_chat"', '"tersonal_chat"', 1)
    report = desk.take(write(text))
    assert (report.kept, report.files[0].format) == (0, "Telegram Desktop")
    assert "damaged" in report.files[0].notes[0]


@pytest.mark.parametrize("cut", ["文本,小红,2024-10-04 11:5", '文本,小红,2024-10-04 11:52:01,"还没说'])
def test_a_truncated_table(desk: Desk, write: Write, cut: str) -> None:
    report = desk.take(write(f"{CHAT}7437267147299592549,{cut}", "小红(wxid_xiaohong)/小红.csv"))
    assert report.kept == 4
    assert "ends in the middle of a row" in report.files[0].notes[0]


def test_a_character_cut_in_half(desk: Desk, write: Write) -> None:
    whole = json.dumps(
        telegram_chat(telegram_message(1, "好"), telegram_message(2, "走吧")), ensure_ascii=False
    ).encode()
    cut = whole[: whole.index("走".encode()) + 2]
    assert desk.take(write(cut)).kept == 1
    table = f"{CHAT}7437267147299592549,文本,小红,2024-10-04 11:52:01,走".encode()
    assert desk.take(write(table[:-1], "小红(wxid_xiaohong)/小红.csv")).kept == 4


def test_a_table_in_no_known_encoding(desk: Desk, write: Write) -> None:
    text = PYWXDUMP + "".join(
        f"{n},,文本,0,wxid_xiaohong,wxid_xiaohong,這個檔案用繁體中文編碼儲存所以讀不出來第{n}行,,2024-10-04 12:00:00\n"
        for n in range(20)
    )
    traditional = (
        text.replace("类", "類").replace("发", "發").replace("统", "統").replace("图", "圖").replace("画", "畫")
    )
    report = desk.take(write(traditional.encode("big5", "ignore"), "a.csv"))
    assert "neither in UTF-8 nor in GBK" in report.problems[0]
    assert "save it as" in report.problems[0]
    assert desk.corpus.count() == 0


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        ("", "result.json", "is empty"),
        ("just words", "notes.txt", "in no format that can be imported"),
        ("a,b\n1,2\n", "table.csv", "in no format that can be imported"),
        ({"dependencies": {"left-pad": "1"}}, "package.json", "is JSON, but of no export"),
        ("[1, 2]", "list.json", "in no format that can be imported"),
        (b"PK\x03\x04rest", "export.zip", "a damaged or incomplete zip archive"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a.png", "in no format that can be imported"),
        ({"messages": [{"id": 1, "from_id": 7, "peer_id": 5, "text": "x"}]}, "vk.json", "an export of VK"),
        ({"conversations": [{"id": "8:x", "MessageList": []}]}, "s.json", "an export of Skype"),
        ("2024.01.15 Monday\n13:05 Ann Lee hello\n", "line.txt", "export the chat from the phone"),
        ("01/02/2021,10:00:00,Ann,+491234,hi\n", "v.csv", "an export of Viber"),
        ({"id": 1, "messages": [{"id": 2, "type": "message", "file": "", "date": 1, "text": "x"}]}, "t.json", "of tdl"),
        ([{"ID": 1, "Timestamp": "2024-01-01", "Contents": "hi"}], "d.json", "import the whole package"),
        ("window.YTD.direct_messages.part0 = [ {} ]", "direct-messages.js", "an export of X (Twitter)"),
        (b"PK\x03\x04....[Content_Types].xml....xl/workbook.xml", "m.xlsx", "Export the chat as CSV instead"),
        (b"SQLite format 3\0rest", "MSG0.db", "Export the chats with that program"),
        ("From: <Save by Tencent MsgMgr>\n", "qq.mht", "as a text file"),
        ("<html><title>WeChatMsg</title>", "w.html", "as CSV with MemoTrace"),
    ],
)
def test_what_is_no_known_export_is_said(desk: Desk, write: Write, content: object, name: str, sentence: str) -> None:
    good = write(TALK)
    report = desk.take(write(content, name), good)
    assert sentence in report.problems[0]
    assert report.kept == 199


def test_the_format_is_known_by_content_and_not_by_name(desk: Desk, write: Write) -> None:
    assert desk.take(write(json.dumps(TALK), "chat.csv.bak")).files[0].format == "Telegram Desktop"
    assert desk.take(write(CHAT, "小红(wxid_xiaohong)/x.json")).files[0].format == "MemoTrace"
    assert (
        desk.take(write(b"\xef\xbb\xbf" + json.dumps(arkme({"content": "x"})).encode(), "y")).files[0].format
        == "WeFlow"
    )
    assert desk.take(write(PYWXDUMP.replace(",", "\t"), "z")).files[0].format == "PyWxDump / WeClone"


def test_a_long_account_export_is_known_before_its_chats(desk: Desk, write: Write) -> None:
    contacts = [{"user_id": n, "first_name": "x" * 50} for n in range(5000)]
    export = {"about": "Here is your data.", "contacts": {"list": contacts}, "chats": {"list": [TALK]}}
    assert desk.take(write(export)).kept == 199


def test_folders_are_walked_and_other_files_left_alone(desk: Desk, write: Write, tmp_path: Path) -> None:
    write(TALK, "all/telegram/result.json")
    write(CHAT, "all/wechat/小红(wxid_xiaohong)/小红.csv")
    write(picture(), "all/telegram/photos/1.jpg")
    write({"settings": 1}, "all/settings.json")
    write("# notes", "all/notes.md")
    report = desk.take(tmp_path / "all", tmp_path / "all" / "telegram" / "result.json")
    assert [file.format for file in report.files] == ["Telegram Desktop", "MemoTrace"]
    assert (report.other_files, report.problems) == (3, [])


SECRET_PLACES = ["../../secret.png", "/etc/passwd", "C:\\Users\\me\\a.png", "photos/../../../secret.png", "~/a.png",
                 "\\\\server\\share\\a.png", "photos/link.png", "linked/secret.png"]  # fmt: skip


@pytest.mark.parametrize("place", SECRET_PLACES)
def test_photos_come_only_from_within_the_export(desk: Desk, write: Write, tmp_path: Path, place: str) -> None:
    secret = write(picture(), "secret.png")
    write(picture("blue"), "deep/export/photos/ok.png")
    (tmp_path / "deep/export/photos/link.png").symlink_to(secret)
    (tmp_path / "deep/export/linked").symlink_to(tmp_path)
    export = telegram_chat(telegram_message(1, "", photo=place), telegram_message(2, "", photo="photos/ok.png"))
    report = desk.take(write(export, "deep/export/result.json"))
    assert report.photos_left_out == {"outside of the export's folder": 1}
    assert [(len(message.digests), kind(message)) for message in desk.messages] == [(0, "photo"), (1, "")]


def test_photos_that_cannot_be_used_are_counted(desk: Desk, write: Write, tmp_path: Path) -> None:
    write(picture()[:60], "export/photos/broken.png")
    write(b"\x89PNG" + bytes(50_000_000), "export/photos/large.png")
    Image.new("1", (10_000, 10_000)).save(tmp_path / "export/photos/wide.png")  # 100 megapixels in few bytes
    os.mkfifo(tmp_path / "export/photos/pipe.png")
    names = ("broken.png", "large.png", "wide.png", "pipe.png", "gone.png", "x" * 300 + ".png", "nul\0.png", "")
    messages = [telegram_message(n, f"{n}", photo=f"photos/{name}") for n, name in enumerate(names, 1)]
    report = desk.take(write(telegram_chat(*messages)))
    assert report.kept == len(names)
    assert report.photos_left_out == {"damaged, or too many pixels": 2, "too large": 1, "not in the export": 5}


ODD_TEXTS = ["🙂" * 10_000, "<|im_end|>", "\ud83d alone", "a\u0000b", "x" * 200_000, "‮right to left", "\u2028"]


def test_odd_texts_do_no_harm(desk: Desk, write: Write) -> None:
    report = desk.take(write(json.dumps(telegram_chat(*(telegram_message(n, t) for n, t in enumerate(ODD_TEXTS))))))
    assert (report.kept, dict(report.skipped)) == (6, {"empty": 1})
    assert desk.messages[0].text == ODD_TEXTS[0]
    assert desk.messages[1].text == "<|im_end|>"
    assert desk.messages[3].text == "ab"


def test_half_of_a_surrogate_pair_does_no_harm(desk: Desk, write: Write) -> None:
    text = json.dumps(telegram_chat(telegram_message(1, "half \udc00"), telegram_message(2, "fine"), name="\udfff"))
    report = desk.take(write(text))
    assert (report.kept, report.problems) == (2, [])
    assert [text for _, text in desk.said] == ["half \ufffd", "fine"]


@pytest.mark.parametrize(
    "odd",
    [
        {"text": {"type": "bold", "text": "x"}},
        {"text": 5},
        {"from": 5, "from_id": {"a": 1}},
        {"id": "seven"},
        {"id": 10**30},
        {"date_unixtime": "9" * 40},
        {"date_unixtime": -5, "date": None},
        {"reply_to_message_id": "x"},
        {"photo": ["a"]},
        {"media_type": 7},
        {"media_type": ["sticker"]},
        {"photo": "\udc00.png"},
        {"from_id": "user\udc00"},
    ],
)
def test_odd_values_never_stop_an_import(desk: Desk, write: Write, odd: dict[str, Any]) -> None:
    export = telegram_chat({**telegram_message(1, "odd"), **odd}, telegram_message(2, "fine"))
    report = desk.take(write(json.dumps(export)))
    assert report.problems == []
    assert report.read == 2
    assert desk.said[-1] == ("Ann", "fine")


@pytest.mark.parametrize("row", [",,,,,,,,", "x", "1,2,文本,0", f"9,9,文本,maybe,a,b,c,d,{START}"])
def test_odd_rows_never_stop_an_import(desk: Desk, write: Write, row: str) -> None:
    report = desk.take(
        write(f"{PYWXDUMP}{row}\n8,7437267147299592550,文本,1,我,wxid_xiaohong,好,,2024-10-04 12:00:00\n", "a.csv")
    )
    assert report.problems == []
    assert "好" in [message.text for chat in desk.corpus.chats() for message in desk.corpus.messages(chat)]


def test_a_full_disk_is_said_and_leaves_nothing_half(desk: Desk, write: Write) -> None:
    (pages,) = desk.corpus.db.execute("PRAGMA page_count").fetchone()
    desk.corpus.db.execute(f"PRAGMA max_page_count = {pages + 2}")
    report = desk.take(write(TALK))
    assert "the disk is full" in report.problems[0]
    assert desk.corpus.count() == 0
    desk.corpus.db.execute("PRAGMA max_page_count = 1000000")
    assert desk.take(write(TALK)).kept == 199


def test_several_damaged_places_and_a_cut(desk: Desk, write: Write) -> None:
    text = json.dumps(TALK)
    for words in ('"message 20"', '"message 90"'):
        text = text.replace(words, words[:-1], 1)  # the quote at the end is gone
    cut = text[: text.index('"message 150"')]
    report = desk.take(write(cut))
    said = [text for _, text in desk.said]
    assert {"message 19", "message 22", "message 89", "message 92", "message 149"} <= set(said)
    assert len(said) >= 145
    assert "damaged" in report.files[0].notes[0]
    assert "ends in the middle" in report.files[0].notes[0]


def test_damage_in_one_chat_of_many_leaves_the_others(desk: Desk, write: Write) -> None:
    other = telegram_chat(*(telegram_message(n, f"other {n}", 888) for n in range(1, 9)), name="Cem", id=888)
    text = json.dumps({"about": "", "contacts": {}, "chats": {"list": [TALK, other]}})
    desk.take(write(text.replace('"message 100"', "oops")))
    assert {(chat.title, chat.messages) for chat in desk.corpus.chats()} == {("Ann", 198), ("Cem", 8)}


def test_a_path_without_quotes_as_telegram_wrote_it_once(desk: Desk, write: Write) -> None:
    emoji = [{"type": "custom_emoji", "text": "😮", "document_id": "PATH"}, " wow"]
    text = json.dumps(telegram_chat(telegram_message(1, "a"), telegram_message(2, emoji), telegram_message(3, "b")))
    for path in ("video_files/sticker (2).webm", "(File not included. Change data exporting settings to download.)"):
        report = desk.take(write(text.replace('"PATH"', path)))
        assert report.files[0].notes == ()
    assert [text for _, text in desk.said] == ["a", "😮 wow", "b"]


@pytest.mark.parametrize("time", ["1e999", "-1e999", "1" * 400, "9" * 5000, "9" * 200_000, "1e-999", "1e" + "9" * 40])
def test_a_time_beyond_all_numbers_is_no_time(desk: Desk, write: Write, time: str) -> None:
    messages = ({"content": "在"}, {"content": "好", "createTime": "TIME"}, {"content": "吗"})
    report = desk.take(write(json.dumps(arkme(*messages)).replace('"TIME"', time)))
    assert report.problems == []
    assert [text for _, text in desk.said] == ["在", "吗"]


def test_what_is_nested_without_end_is_left_out_in_little_memory(desk: Desk, write: Write) -> None:
    deep = "[" * 60_000 + "]" * 60_000
    text = json.dumps(telegram_chat(*(telegram_message(n, f"TEXT{n}") for n in (1, 2, 3))))
    tracemalloc.start()
    report = desk.take(write(text.replace('"TEXT2"', deep)))
    again = desk.take(write(deep, "deep.json"), write('{"a":' * 20_000, "deeper.json"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [text for _, text in desk.said] == ["TEXT1", "TEXT3"]
    assert "about 120," in report.files[0].notes[0]
    assert len(again.problems) == 2
    assert peak < 50_000_000


def test_a_folder_and_a_file_that_may_not_be_read_are_told(
    desk: Desk, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(TALK, "all/open/result.json")
    write(TALK, "all/closed/result.json")
    write(TALK, "all/secret.json")
    scan, opened = os.scandir, Path.open

    def refuse(path: Any) -> None:
        if str(path).endswith(("closed", "secret.json")):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

    def scandir(path: Any) -> Any:
        refuse(path)
        return scan(path)

    def open_file(path: Path, *args: Any, **more: Any) -> Any:
        refuse(path)
        return opened(path, *args, **more)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(Path, "open", open_file)
    report = desk.take(tmp_path / "all")
    assert report.kept == 199
    secret, closed = sorted(report.problems, key=lambda problem: "closed" in problem)
    assert "secret.json cannot be read: Permission denied" in secret
    assert "closed cannot be read: Permission denied. What it holds was left out." in closed


def test_a_file_whose_name_is_no_text(desk: Desk, write: Write, tmp_path: Path) -> None:
    good = write(TALK)
    odd = tmp_path / os.fsdecode(b"\xff.json")
    good.rename(odd)
    report = desk.take(odd)
    assert report.kept == 199
    assert json.dumps(report.as_json(), ensure_ascii=False).encode("utf-8")


def test_many_files_that_are_not_read_are_told_once(desk: Desk, write: Write, tmp_path: Path) -> None:
    for n in range(5):
        write(f'<html><div class="message__header">{n}</div></html>', f"all/messages{n}.html")
    (problem,) = desk.take(tmp_path / "all").problems
    assert "an export of VK" in problem
    assert "(and 4 more files like it)" in problem


def test_a_spreadsheet_among_the_files_of_an_export_is_left_alone(desk: Desk, write: Write, tmp_path: Path) -> None:
    sheet = b"PK\x03\x04....[Content_Types].xml....xl/workbook.xml"
    write(sheet, "all/files/budget.xlsx")
    (problem,) = desk.take(tmp_path / "all").problems
    assert "xlsx" in problem, "there is nothing else here"
    write(TALK, "all/result.json")
    report = desk.take(tmp_path / "all")
    assert (report.problems, report.other_files, report.kept) == ([], 1, 199)
    write(sheet, "all/MemoTrace.xlsx")
    (problem,) = desk.take(tmp_path / "all").problems
    assert "MemoTrace.xlsx" in problem, "this one lies beside the export"
