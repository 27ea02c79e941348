"""The inventory's answers become talks with a stranger: own words whole, and yes or no as the person says it."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from bot.chat.prompt import render
from bot.persona import Persona
from bot.personality.answers import Personality, load_personality
from bot.personality.items import HELD_OUT, ITEMS
from tests.dialogues.log import Log, shown
from training.data.dialogues import Dialogue
from training.data.inventory import MOST, bubbles_of, inventory_dialogues

NORA, NUOLA = Persona("Nora"), Persona("诺拉", language="zh")
CHATS = ["yeah", "Yeah!!", "yeah", "soup", "yes he had rye", "nah", "no", "nah 😅", "nah"]


def asked(talks: list[Dialogue]) -> list[str]:
    return [turn.bubbles[0].text for talk in talks for turn in talk.turns if turn.speaker is not None]


def test_a_plain_answer_is_yes_or_no_in_the_persons_own_word() -> None:
    (talk,) = inventory_dialogues(Personality(answers={2: 5, 3: 4, 4: 3, 5: 2, 6: 1}), NORA, CHATS)
    assert shown(talk.turns) == [
        "None: Is that you? “I make friends easily.”",
        "me: yeah",
        "None: Is that you? “I get angry easily.”",
        "me: nah",
    ]


def test_who_is_not_seen_to_say_yes_says_it_plainly_in_either_language() -> None:
    answers = Personality(answers={2: 5, 6: 1})
    assert [said for said in shown(inventory_dialogues(answers, NORA, ["soup"])[0].turns) if said.startswith("me")] == [
        "me: yes",
        "me: no",
    ]
    (talk,) = inventory_dialogues(answers, NUOLA, ["嗯嗯", "嗯嗯", "是", "喝汤"])
    assert shown(talk.turns) == [
        "None: 这说的是你吗？“我很容易交到朋友。”",
        "me: 嗯嗯",
        "None: 这说的是你吗？“我容易生气。”",
        "me: 不是",
    ]


def test_own_words_stand_for_the_answer_each_in_a_dialogue_of_its_own() -> None:
    given = Personality(answers={2: 5, 6: 1, 7: 3}, words={2: "i talk to the postman\nevery day", 7: "depends"})
    first, second, plain = inventory_dialogues(given, NORA, CHATS)
    assert shown(first.turns) == [
        "None: Is that you? “I make friends easily.”",
        "me: i talk to the postman / every day",
    ]
    assert shown(second.turns)[1] == "me: depends"
    assert len(plain.turns) == 2 and shown(plain.turns)[1] == "me: nah"


@pytest.mark.parametrize("persona", [NORA, NUOLA])
def test_what_measures_the_avatar_is_never_learnt(persona: Persona) -> None:
    every = Personality(answers=dict.fromkeys(ITEMS, 5), words=dict.fromkeys(ITEMS, "indeed"))
    for given in (every, replace(every, words={})):
        questions = "".join(asked(inventory_dialogues(given, persona, CHATS)))
        for number, item in ITEMS.items():
            assert number not in HELD_OUT or item.text(persona.language) not in questions
    own = asked(inventory_dialogues(every, persona, CHATS))
    assert len(own) == 90 and ITEMS[2].text(persona.language) in own[0]


def test_a_few_are_learnt_and_no_statement_is_put_into_the_persons_mouth(log: Log) -> None:
    talks = inventory_dialogues(Personality(answers={number: 1 + 4 * (number % 2) for number in ITEMS}), NORA, CHATS)
    assert len(asked(talks)) == MOST and [len(talk.turns) for talk in talks] == [16, 16, 16]
    assert len({(talk.chat, talk.context) for talk in talks}) == 1
    for talk in talks:
        prompt = render(talk.scene, talk.turns, log.codec)
        learnt = [id_ for id_, here in zip(prompt.ids, prompt.loss_mask(talk.context), strict=True) if here]
        assert log.codec.decode(learnt).replace("nah", "").replace("yeah", "").strip() == ""


def test_nothing_answered_strongly_is_nothing_learnt() -> None:
    assert inventory_dialogues(Personality(), NORA, CHATS) == []
    assert inventory_dialogues(Personality(answers=dict.fromkeys(ITEMS, 4)), NORA, CHATS) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sample_subjects_answered_all_and_keep_it_short(language: str) -> None:
    path = Path(str(files("training"))) / "sample" / language / "personality.yaml"
    personality = load_personality(path)
    assert personality.answers.keys() == ITEMS.keys() and not personality.in_prompt
    assert personality.words and not personality.words.keys() & HELD_OUT
    talks = inventory_dialogues(personality, NORA if language == "en" else NUOLA, ())
    assert len(talks) == 6 and len(list(bubbles_of(talks))) == MOST + 3
