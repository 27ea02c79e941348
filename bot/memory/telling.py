"""How what is remembered is told: one line, with its day, and whose words they are."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from bot.chat.attachments import shown, spoken
from bot.chat.prompt.render import speaker_label
from bot.chat.prompt.words import date_in_words
from bot.chat.scene import speaker_of
from bot.era import set_back
from bot.letters import unmarked
from bot.message import ChatKind, Message
from bot.people import People
from bot.persona import Persona
from bot.questionnaire import Answer

_LONGEST = {"en": 140, "zh": 50}  # characters of one message that are quoted
_THEY = {"en": "they: ", "zh": "对方："}
_YOU = {"en": "you: ", "zh": "你："}


@dataclass(frozen=True, slots=True)
class Quotation:
    """A message that was found, and what the subject answered. key: what to call it where it is struck out."""

    key: str
    said: tuple[Message, ...]


def line(quotation: Quotation, people: People, persona: Persona) -> str:
    """`Tue 3 Mar 2020, they: i got the job / you: congratulations!!`"""
    language, first = persona.language, quotation.said[0]
    day = _day(set_back(first.sent_at, persona.era, persona.zone), language, persona.zone)
    answer = [spoken(one) for one in quotation.said[1:]]
    said = spoken(first) or shown(first, language, _unseen)[0]
    whole = f"{day}{_who(first, people, language)}{quoted(said, language)}"
    return f"{whole} / {_YOU[language]}{quoted(' '.join(answer), language)}" if answer else whole


def told(answer: Answer, language: str) -> str:
    """`asked “Do you have pets?”, you said: a cat`"""
    question, said = quoted(answer.question, language), quoted(answer.answer, language)
    return f"被问“{question}”，你说：{said}" if language == "zh" else f"asked “{question}”, you said: {said}"


def quoted(text: str, language: str) -> str:
    """On one line, without marks, and no longer than a glance."""
    whole, most = unmarked(text), _LONGEST[language]
    return whole if len(whole) <= most else whole[:most].rstrip() + "…"


def _who(message: Message, people: People, language: str) -> str:
    if message.sender is None:
        return _YOU[language]
    if message.chat.kind is ChatKind.PRIVATE:
        return _THEY[language]
    return speaker_label(speaker_of(message, people), language)


def _unseen(digest: str) -> bool:
    """Pictures are remembered by a word."""
    return False


def _day(at: datetime, language: str, zone: tzinfo) -> str:
    here = at.astimezone(zone)
    return f"{date_in_words(here, language, year=True)}{'，' if language == 'zh' else ', '}"
