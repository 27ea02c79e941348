"""How a message is written, by its words in English and Chinese: politely, playfully, of work, of study, with love."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from training.data.proposals.address import ADDRESSES


class Manner(StrEnum):
    POLITE = "polite"
    PLAYFUL = "playful"
    WORK = "work"
    STUDY = "study"
    LOVE = "love"


_TELLING: Mapping[Manner, str] = {
    Manner.POLITE: "您 收到 请问 敬请 此致 贵司 dear regards wishes sincerely certainly understood respectfully",
    Manner.PLAYFUL: "哈哈 嘿嘿 hhh 笑死 呜呜 卧槽 😂 🤣 😭 🥲 🫠 😼 😜 🙈 ✨ 🔥 !! ！！ lol lool lmao omg haha "
    "hahaha u ur wtf gonna yesss okok dude bc",
    Manner.WORK: "会议 开会 项目 客户 甲方 报表 合同 排期 加班 方案 下班前 稿 三校 校对 印厂 样书 上线 需求 同事 部门 "
    "周报 预算 meeting meetings deadline agenda budget invoice client clients report project office colleague "
    "colleagues quotation quotations schedule trustees salary contract spreadsheet slides printer shift staff",
    Manner.STUDY: "作业 考试 论文 宿舍 导师 选课 图书馆 复习 同学 毕业 班长 上课 开题 学分 homework assignment "
    "assignments exam exams lecture lectures essay thesis tutor grade grades class course campus semester seminar "
    "revision chapter chapters student students midterm midterms finals study workshop references",
    Manner.LOVE: "爱你 想你 么么 亲亲 xx xxx",
}
_WORDS = {manner: frozenset(words.split()) for manner, words in _TELLING.items()}
_FOND, _YOU = frozenset(("love", "miss")), frozenset(("you", "u"))
_CHINESE = {word for words in (*_WORDS.values(), ADDRESSES) for word in words if not word[0].isascii() or word == "!!"}
_WORD = re.compile(r"[a-z']+|" + "|".join(map(re.escape, sorted(_CHINESE, key=len, reverse=True))))


def words_of(text: str) -> set[str]:
    """Returns the words of a text in small letters; of Chinese those that tell something, and words of address."""
    return set(_WORD.findall(text.casefold()))


def manners(words: set[str]) -> Iterator[Manner]:
    """Yields every manner that the words of a message show."""
    for manner, telling in _WORDS.items():
        if not telling.isdisjoint(words) or (manner is Manner.LOVE and words & _FOND and words & _YOU):
            yield manner
