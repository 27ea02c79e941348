"""The dialogues that come of the personality inventory, in the person's own words; what measures is left out.

A statement is never put into the person's mouth, for nobody talks like that: a stranger asks it, and the person says
yes or no as they do in their chats, or what they themselves wrote to it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from bot.persona import Persona
from bot.personality.answers import Personality
from bot.personality.items import HELD_OUT, ITEMS
from training.data.dialogues import Dialogue
from training.data.questionnaire import asked
from training.statistics import spread

MOST = 24
"""Answers of yes or no that are learnt: a few, so that they do not become how the avatar talks."""

_A_TALK = 8  # of them stand in one dialogue, which pays for its prompt once
_ASKED = {"en": "Is that you? “{}”", "zh": "这说的是你吗？“{}”"}
_YES = {
    "en": ("yes", "yeah", "yep", "yup", "yea", "yah", "aye", "mhm", "definitely", "absolutely", "totally"),
    "zh": ("是", "是的", "是啊", "是呀", "对", "对的", "对啊", "对呀", "嗯", "嗯嗯", "没错", "确实"),
}
_NO = {
    "en": ("no", "nope", "nah", "naw", "never", "not at all"),
    "zh": ("不是", "不是啊", "不是的", "不", "不不", "没有", "没有啊", "才不是", "并不"),
}
"""Ways to say yes and no, the plain one first: it stands in where the person is not seen to use any."""

_MARKS = re.compile(r"[\W_]+")


def inventory_dialogues(personality: Personality, persona: Persona, said: Iterable[str]) -> list[Dialogue]:
    """Makes dialogues with a stranger: one for each statement with own words, and talks of eight for plain answers.

    Plain answers are those of 1 or 5, at most MOST of them. said: what the person wrote in chats, bubble by bubble, on
    the days to learn from.
    """
    learnt, language = sorted(ITEMS.keys() - HELD_OUT), persona.language
    questions = {number: _ASKED[language].format(ITEMS[number].text(language)) for number in learnt}
    told = [(questions[number], personality.words[number]) for number in learnt if number in personality.words]
    answers = {number: personality.answers.get(number) for number in learnt if number not in personality.words}
    strong = spread([number for number, answer in answers.items() if answer in (1, 5)], MOST)
    used = Counter(said)
    yes, no = _commonest(used, _YES[language]), _commonest(used, _NO[language])
    plain = [(questions[number], yes if answers[number] == 5 else no) for number in strong]
    talks = [[one] for one in told] + [plain[start : start + _A_TALK] for start in range(0, len(plain), _A_TALK)]
    return [asked(talk, persona) for talk in talks]


def _commonest(used: Counter[str], ways: Sequence[str]) -> str:
    """Returns the bubble in which the person says this most often, as they write it; the first way if they never do."""
    found = Counter({text: times for text, times in used.items() if _MARKS.sub(" ", text).strip().lower() in ways})
    return found.most_common(1)[0][0].strip() if found else ways[0]


def bubbles_of(dialogues: Iterable[Dialogue]) -> Iterator[str]:
    """Yields what the subject wrote in them, bubble by bubble; what is carried over from before is not told twice."""
    for dialogue in dialogues:
        for turn in dialogue.turns[dialogue.context :]:
            if turn.speaker is None:
                yield from (bubble.text for bubble in turn.bubbles if not bubble.reactions)
