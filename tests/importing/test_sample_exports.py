"""The Chinese sample subject's exports: made of what is written down, and nothing lost on the way back."""

import pytest

from bot.people import load_people
from tests.importing.conftest import Desk
from training.recipes.sample.draw import PICTURES, SAMPLE
from training.recipes.sample.exports import EXPORTS, files, pictures
from training.recipes.sample.talks import read, talks

HEAD = "format: weflow\nfile: a/b.json\nchat: wxid_peach 阿桃\n我: wxid_me2022 小满\n桃: wxid_peach 阿桃\n\n"


def test_what_ships_is_what_is_written_down() -> None:
    """If not, run `python -m training.recipes.sample.exports` and `python -m training.recipes.sample.draw`."""
    exports = SAMPLE / EXPORTS
    there = {path.relative_to(exports).as_posix() for path in exports.rglob("*") if path.suffix in (".json", ".csv")}
    assert there == set(files())
    assert [file for file, content in files().items() if (exports / file).read_text("utf-8") != content] == []
    listed = (SAMPLE / "pictures.tsv").read_text("utf-8").splitlines()
    assert [row for row in listed if row.startswith(EXPORTS)] == pictures()
    assert {row.split("\t")[1] for row in pictures()} <= set(PICTURES)


def test_every_word_of_hers_comes_back(desk: Desk) -> None:
    desk.take(SAMPLE / EXPORTS)
    subject = set(load_people(SAMPLE / "zh" / "people.yaml").subject)
    found = [one for chat in desk.corpus.chats() for one in desk.corpus.messages(chat) if one.sender in subject]
    said = {one.text or "".join(part.words for part in one.attachments) for one in found}
    written = {line.text for talk in talks() for line in talk.lines if line.own and line.kind in ("text", "语音")}
    assert written <= said
    assert sum(one.reply_to is not None for one in found) > 15


def test_a_talk_is_read_line_by_line() -> None:
    text = "2022-02-19 19:42\n桃 到了吗\n桃 [图 noodles]\n+35\n我 >2 到了⏎累\n= 你撤回了一条消息\n桃 [语音 4] 快来吃"
    asked, photo, answer, recalled, voice = read(HEAD + text).lines
    assert (asked.text, asked.own, photo.kind, photo.about) == ("到了吗", False, "图", "noodles")
    assert (answer.text, answer.own, answer.answers) == ("到了\n累", True, asked.number)
    assert 35 * 60 < (answer.at - photo.at).total_seconds() < 36 * 60
    assert (recalled.kind, voice.kind, voice.about, voice.text) == ("系统", "语音", "4", "快来吃")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2022-02-19 19:42\n舟 你好", "nobody is called '舟' there"),
        ("2022-02-19 19:42\n桃 在吗\n2022-02-18 19:42\n桃 在吗", "is not after"),
    ],
)
def test_a_slip_of_the_pen_is_told(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(HEAD + text)
