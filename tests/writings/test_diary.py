"""A diary is read page by page; what a text is, the owner says."""

import io
import zipfile
from pathlib import Path

import pytest

from bot.store.writings import remove
from bot.writing import Addressee, WritingKind
from tests.importing.conftest import telegram_chat, telegram_message
from tests.importing.test_line_and_kakao import KAKAO_ENGLISH
from tests.importing.test_whatsapp import ANDROID
from tests.writings.conftest import Shelf
from training.data.importers.writings.days import Days, month_first
from training.data.importers.writings.prose import running


@pytest.mark.parametrize(
    ("line", "day", "title"),
    [
        ("2023-05-06", "2023-05-06", ""),
        ("2023/5/6 sunny", "2023-05-06", "sunny"),
        ("2023.5.6", "2023-05-06", ""),
        ("20230506", "2023-05-06", ""),
        ("2023年5月6日 星期六 晴", "2023-05-06", "晴"),
        ("二〇二三年十二月二十三日 雨", "2023-12-23", "雨"),
        ("【2023年5月6日】", "2023-05-06", ""),
        ("May 6, 2023", "2023-05-06", ""),
        ("Saturday, 6th of May 2023", "2023-05-06", ""),
        ("Sat 6 May 2023, 10:30 pm", "2023-05-06", ""),
        ("## 2023-05-06: Rain at last", "2023-05-06", "Rain at last"),
        ("**6 May 2023**", "2023-05-06", ""),
        ("06.05.2023", "2023-05-06", ""),
        ("1931-05-06", "1931-05-06", ""),
        ("5月7日 阴", "2020-05-07", "阴"),
    ],
)
def test_a_day_is_known_in_many_forms(line: str, day: str, title: str) -> None:
    heading = Days(year=2020).heading(line)
    assert heading is not None and (str(heading.day), heading.title, heading.text) == (day, title, "")


@pytest.mark.parametrize(
    "line", ["2023-13-45", "2100-01-01", "1234", "12345678", "on 2023-05-06", "May I come?", "5月"]
)
def test_what_is_no_day_begins_no_page(line: str) -> None:
    assert Days(year=2020).heading(line) is None


def test_which_number_is_the_month_shows_in_the_whole_file() -> None:
    assert month_first(["03/04/2023", "13/04/2023"]) is False
    assert month_first(["03/04/2023", "04/13/2023"]) is True
    assert month_first(["03/04/2023"]) is None


ENGLISH = """A notebook, begun in spring.

2023-05-06 Saturday, sunny
Went to the sea with Tom.
It rained on the way back.

Slept badly.

May 7
2023-05-05 was better than this, I wrote nothing then.

2023-05-08: the keys are lost again, and nobody knows where.
"""
CHINESE = """2023年5月6日 星期六 晴
今天去了海边。

回来的路上下雨了。
5月7日 阴
什么也没做。
"""


def test_a_diary_is_cut_at_its_days(shelf: Shelf) -> None:
    report = shelf.diary(ENGLISH)
    assert (report.read, report.kept, report.problems) == (4, 4, [])
    assert shelf.pages == [
        ("2023-05-06", "Went to the sea with Tom.\nIt rained on the way back.\n\nSlept badly."),
        ("2023-05-07", "2023-05-05 was better than this, I wrote nothing then."),
        ("2023-05-08", "the keys are lost again, and nobody knows where."),
        ("", "A notebook, begun in spring."),
    ]
    assert {one.kind for one in shelf.kept} == {WritingKind.DIARY}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_in_chinese_too(shelf: Shelf, encoding: str) -> None:
    shelf.diary(CHINESE.encode(encoding))
    assert shelf.pages == [("2023-05-06", "今天去了海边。\n\n回来的路上下雨了。"), ("2023-05-07", "什么也没做。")]


def test_markdown_by_its_name_or_by_what_stands_before_it(shelf: Shelf) -> None:
    shelf.diary("# A **good** day\n\nWe saw ![x](x.png)[the sea](http://x), **really**.", "notes/2023-05-06.md")
    shelf.diary("---\ntitle: Rain\ndate: 2023-05-07\ntags: [x]\n---\nIt rained.", "notes/rain.md")
    shelf.diary("No day is known of this.", "notes/2023/05/08.md")
    assert shelf.pages == [
        ("2023-05-06", "A **good** day\n\nWe saw the sea, really."),
        ("2023-05-07", "It rained."),
        ("2023-05-08", "No day is known of this."),
    ]
    assert [one.title for one in shelf.kept] == ["", "Rain", ""]


def docx_xml(*paragraphs: str) -> str:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    return f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'


def docx(*paragraphs: str, document: str | None = None) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", document or docx_xml(*paragraphs))
    return file.getvalue()


def test_a_document_of_a_word_processor(shelf: Shelf) -> None:
    shelf.diary(docx("6 May 2023", "Went to the sea.", "", "7 May 2023", "It rained."), "diary.docx")
    assert shelf.pages == [("2023-05-06", "Went to the sea."), ("2023-05-07", "It rained.")]
    inside = (
        "<w:p><w:pPr><w:pStyle w:val='Heading1'/></w:pPr><w:r><w:t>Sea</w:t></w:r></w:p><w:p><w:del><w:r><w:delText>no"
    )
    shelf.diary(
        docx(document=f"<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>{inside}"
             "</w:delText></w:r></w:del><w:r><w:t>one</w:t><w:br/><w:t>two</w:t></w:r></w:p></w:document>"),
        "other.docx",
    )  # fmt: skip
    assert shelf.pages[-1] == ("", "Sea\n\none\ntwo")


def test_a_letter_is_one_with_whom_it_greets(shelf: Shelf) -> None:
    english = shelf.write("Leeds, 6 May 2023\n\nDear Grandma,\n\nhow are you?\n\nYours, Mei", "a.txt")
    chinese = shelf.write("亲爱的小红：\n\n你好吗？\n\n梅\n二〇二三年五月七日", "b.txt")
    shelf.take(english, chinese, said_to_be=WritingKind.LETTER)
    first, second = shelf.kept
    assert (str(first.day), first.to) == ("2023-05-06", (Addressee("Grandma"),))
    assert (str(second.day), second.to) == ("2023-05-07", (Addressee("小红"),))
    said = shelf.write("how are you? It is a long time.", "c.txt")
    shelf.take(said, said_to_be=WritingKind.LETTER, to="Uncle Bo")
    assert shelf.kept[-1].to == (Addressee("Uncle Bo"),)


def test_lines_that_a_program_broke_are_joined() -> None:
    broken = ["It was a long day and we walked along the river until it was dark and", "cold; then we went home.", ""]
    assert running([*broken, "- milk", "- eggs"]) == " ".join(broken[:2]) + "\n\n- milk\n- eggs"
    verses = ["The sea, the sea,", "and nobody in it"]
    assert running(verses) == "\n".join(verses)


def test_again_adds_nothing_and_an_edit_is_taken(shelf: Shelf) -> None:
    shelf.diary(ENGLISH)
    again = shelf.diary(ENGLISH)
    assert (again.kept, dict(again.skipped)) == (0, {"already in the corpus": 4})
    edited = shelf.diary(ENGLISH.replace("Slept badly.", "Slept well."))
    assert edited.skipped["already in the corpus, and edited since"] == 1
    assert shelf.pages[0][1].endswith("Slept well.") and len(shelf.kept) == 4
    moved = shelf.diary(ENGLISH.replace("Slept badly.", "Slept well.").replace("2023-05-08", "2023-05-09"))
    assert moved.kept == 0 and ("2023-05-09", "the keys are lost again, and nobody knows where.") in shelf.pages
    assert shelf.diary(ENGLISH.replace("badly", "well").replace("05-08", "05-09"), "copy.txt").kept == 0


def test_two_days_of_the_same_words_are_two(shelf: Shelf) -> None:
    shelf.diary("2023-05-06\nNothing.\n2023-05-07\nNothing.\n")
    assert shelf.pages == [("2023-05-06", "Nothing."), ("2023-05-07", "Nothing.")]


def test_what_was_removed_does_not_come_back(shelf: Shelf, tmp_path: Path) -> None:
    shelf.diary(ENGLISH.replace("Tom", "Xantippe"))
    assert remove(shelf.corpus, [shelf.kept[0].id]) == 1
    assert len(shelf.kept) == 3
    for path in (tmp_path / "workspace").glob("corpus.sqlite*"):
        assert b"Xantippe" not in path.read_bytes()
    report = shelf.diary(ENGLISH.replace("Tom", "Xantippe"))
    assert report.kept == 0 and any("removed before" in reason for reason in report.skipped)
    assert len(shelf.kept) == 3


def test_no_text_is_taken_for_a_diary_by_itself(shelf: Shelf) -> None:
    path = shelf.write(ENGLISH, "folder/diary.txt")
    assert "echoes import --as diary" in shelf.take(path).problems[0]
    report = shelf.take(path.parent)
    assert (report.problems, report.other_files, report.texts_left) == ([], 1, 1)
    assert shelf.kept == []


@pytest.mark.parametrize(("chat", "name"), [(ANDROID, "chat.txt"), (KAKAO_ENGLISH, "kakao.txt")])
def test_a_chat_is_never_learnt_as_a_diary(shelf: Shelf, chat: str, name: str) -> None:
    assert "import it without --as" in shelf.diary(chat, name).problems[0]
    assert "is no text" in shelf.diary(repr(telegram_chat(telegram_message(1, "hi"))), "result.json").problems[0]
    assert shelf.kept == []


def test_days_that_may_be_two_are_told(shelf: Shelf) -> None:
    report = shelf.diary("03/04/2023\n\nWent to the sea.\n")
    assert "can be read in two ways" in report.files[0].notes[0]
    assert shelf.pages == [("", "03/04/2023\n\nWent to the sea.")]
