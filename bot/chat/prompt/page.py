"""The block that marks what was written outside of chats: it stands in the place of the chat's, and in training alone.

An avatar that talks never sees it, so that it does not write a page of its diary to a friend.
"""

from bot.chat.dialogue import Page, Speaker
from bot.chat.prompt.words import day_in_words, label
from bot.people import RELATIONSHIPS, STRANGER
from bot.persona import Persona
from bot.writing import WritingKind

PAGE = 1
"""Raised whenever the same page would render to other ids. No part of a fingerprint: no engine is ever shown one."""

_LONGEST_TITLE = 80
_NOT_IN_TITLES = str.maketrans(dict.fromkeys('“”"', " "))
_ENGLISH = {
    WritingKind.DIARY: "This is a page of your diary{to}{day}{title}.",
    WritingKind.LETTER: "This is a letter of yours{to}{day}{title}.",
    WritingKind.EMAIL: "This is an e-mail of yours{to}{day}{title}.",
    WritingKind.POST: "This is a post of yours, for everybody who follows you{to}{day}{title}.",
}
_CHINESE = {
    WritingKind.DIARY: "这是你{day}的日记{title}。",
    WritingKind.LETTER: "这是你{day}写{to}的信{title}。",
    WritingKind.EMAIL: "这是你{day}写{to}的电子邮件{title}。",
    WritingKind.POST: "这是你{day}发给关注你的人看的动态{title}。",
}
_GOES_ON = {"en": " It goes on from before.", "zh": "这是接着前面写的。"}


def page_text(persona: Persona, page: Page, to: Speaker) -> str:
    """Returns the system block of a page: who writes, and what, to whom and when, as far as that is known."""
    chinese = persona.language == "zh"
    others = ", ".join(label(alias) for alias in persona.aliases)
    title = " ".join(page.title.translate(_NOT_IN_TITLES).split())[:_LONGEST_TITLE].strip()
    day = day_in_words(page.day, persona.language) if page.day else ""
    if chinese:
        first = f"你是{label(persona.name)}" + (f"（也叫{others}）" if others else "") + "，用自己的口吻写下来。"
        said = _CHINESE[page.kind].format(
            day=day, to=_to_in_chinese(page, to), title=f"，题为“{title}”" if title else ""
        )
    else:
        first = f"You are {label(persona.name)}" + (f" (also {others})" if others else "")
        first += ", writing in your own voice."
        said = _ENGLISH[page.kind].format(
            day=f", of {day}" if day else "", to=_to_in_english(page, to), title=f", “{title}”" if title else ""
        )
    said += _GOES_ON[persona.language] if page.goes_on else ""
    about = (" ".join(text.split()) for text in (persona.about, persona.character))
    return "\n".join(line for line in (first, *about, said) if line)


def _to_in_english(page: Page, to: Speaker) -> str:
    name = label(to.name)
    if page.kind in (WritingKind.DIARY, WritingKind.POST) or not (name or page.to_others):
        return ""
    known = f" ({to.relationship})" if to.relationship != STRANGER else ""
    return f" to {name or 'somebody'}{known}" + (" and others" if page.to_others else "")


def _to_in_chinese(page: Page, to: Speaker) -> str:
    name = label(to.name)
    if not (name or page.to_others):
        return ""
    known = f"（{RELATIONSHIPS[to.relationship]}）" if to.relationship != STRANGER else ""
    return f"给{name or '某人'}{known}" + ("等人" if page.to_others else "")
