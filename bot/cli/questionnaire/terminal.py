"""The questionnaire at the terminal: one thing after another, saved as it is answered, gone on with at any time."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.cli.questionnaire.form import Form
from bot.cli.questionnaire.words import WORDS
from bot.personality.answers import By
from bot.personality.items import ITEMS
from bot.personality.items import SCALE as ACCURATE
from bot.questionnaire import SCALE, TRAIT, bare

_BACK, _STOP = "b", "q"
_NUMBER = re.compile(r"([1-5])(?!\d)[\s.,:，。：]*(.*)", re.DOTALL)

Read = Callable[[str], str]
"""The keyboard: shows a prompt, returns a line. Raises EOFError where nobody is there any more."""


@dataclass(frozen=True, slots=True)
class _Step:
    """text: what is asked. given: the answer so far, or empty. save: writes one, or returns what is wrong with it."""

    text: str
    given: str
    save: Callable[[str], str | None]


def ask_questions(form: Form, read: Read = input) -> bool:
    """Asks what is not answered yet of the questionnaire; returns whether it was gone through to the end."""
    language = form.language()
    words, scale = WORDS[language], SCALE[language]
    print(words["questions"])

    def step(id_: str, question: str, given: str, scaled: bool) -> _Step:
        def save(text: str) -> str | None:
            if scaled and text not in tuple("1234567"):
                return words["one_to"].format(top=len(scale))
            form.answer(id_, text)
            return None

        return _Step(f"{bare(question)}\n  {_shown(scale)}" if scaled else question, given, save)

    return _ask([step(one.id, one.question, one.answer, one.id.startswith(TRAIT)) for one in form.items()], words, read)


def ask_statements(form: Form, by: By, read: Read = input) -> bool:
    """Asks what is not answered yet of the inventory; returns whether it was gone through to the end."""
    language, personality = form.language(), form.given()
    words = WORDS[language]
    intro, own = (words[f"{key}_{by.value}"].format(name=form.name or words["them"]) for key in ("statements", "own"))
    print(f"{intro}\n{words['keys'].format(scale=_shown(ACCURATE[language]), own=own)}")

    def step(number: int) -> _Step:
        def save(text: str) -> str | None:
            if (found := _NUMBER.match(text)) is None:
                return words["one_to"].format(top=5)
            answer, before = int(found[1]), form.given()
            kept = before.words.get(number, "") if before.answers.get(number) == answer else ""
            form.state(number, answer, found[2] or kept, by)
            return None

        return _Step(ITEMS[number].text(language), str(personality.answers.get(number, "")), save)

    return _ask([step(number) for number in ITEMS], words, read)


def _ask(steps: Sequence[_Step], words: Mapping[str, str], read: Read) -> bool:
    given = [step.given for step in steps]
    at = _open(given, 0)
    while at < len(steps):
        step = steps[at]
        print(f"\n{at + 1}/{len(steps)}  {step.text}" + (f"  [{given[at]}]" if given[at] else ""))
        try:
            answer = read("> ").strip()
        except (EOFError, KeyboardInterrupt):
            answer = _STOP
        if answer == _STOP:
            print(f"\n{words['stopped']}")
            return False
        if answer == _BACK:
            at = max(0, at - 1)
            continue
        if answer:
            if wrong := step.save(answer):
                print(wrong)
                continue
            given[at] = answer
        at = _open(given, at + 1)
    left = given.count("")
    print(f"\n{words['left'].format(left=left) if left else words['all']}")
    return True


def _open(given: Sequence[str], start: int) -> int:
    """The first place from `start` on without an answer."""
    return next((place for place in range(start, len(given)) if not given[place]), len(given))


def _shown(scale: Sequence[str]) -> str:
    return " · ".join(f"{number} {text}" for number, text in enumerate(scale, 1))
