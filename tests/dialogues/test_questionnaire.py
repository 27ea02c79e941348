"""The questionnaire: what is answered becomes dialogues, and every mistake is found at once."""

from importlib.resources import files
from pathlib import Path

import pytest

from bot.chat.prompt import render
from bot.chat.prompt.render import system_text
from bot.errors import ConfigError
from bot.persona import Persona
from bot.questionnaire import how_like_you, load_questionnaire
from tests.dialogues.log import Log, shown
from training.data.questionnaire import questionnaire_dialogues

FILLED = """
answers:
  - id: food
    question: What do you eat when nobody watches?
    answer: |
      noodles
      cold ones lol
  - {id: sport, question: 'Do you do any sport?', answer: no}
  - {id: blank, question: 'What is your favourite book?', answer: }
  - {id: trait_talks, question: I talk to strangers., answer: 6}
  - {id: trait_blank, question: I worry., answer: ""}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "questionnaire.yaml"
    path.write_text(text, "utf-8")
    return path


def test_answers_become_dialogues_with_a_stranger(tmp_path: Path, log: Log) -> None:
    answers = load_questionnaire(written(tmp_path, FILLED))
    assert [answer.id for answer in answers] == ["food", "sport", "trait_talks"]
    food, sport = questionnaire_dialogues(answers, Persona("Nora"))
    assert shown(food.turns) == ["None: What do you eat when nobody watches?", "me: noodles / cold ones lol"]
    assert shown(sport.turns)[1] == "me: no", "a word, not YAML's truth value"
    assert "Relationship: stranger" in system_text(food.scene)
    prompt = render(food.scene, food.turns, log.codec)
    learnt = [number for number, here in zip(prompt.ids, prompt.loss_mask(food.context), strict=True) if here]
    assert log.codec.decode(learnt) == "noodles\ncold ones lol"


def test_what_measures_the_avatar_is_not_learnt(tmp_path: Path) -> None:
    answers = load_questionnaire(written(tmp_path, FILLED))
    assert [answer.trait for answer in answers] == [None, None, 6]
    learnt = questionnaire_dialogues(answers, Persona("Nora"))
    assert "strangers" not in repr(learnt) and "like me" not in repr(learnt)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sample_subjects_items_are_asked_without_the_note_on_the_scale(language: str) -> None:
    path = Path(str(files("training"))) / "sample" / language / "questionnaire.yaml"
    traits = [answer for answer in load_questionnaire(path) if answer.trait]
    assert len(traits) == 12
    for answer in traits:
        asked = how_like_you(answer.question, language)
        assert "7" not in asked and asked.endswith((".", "。")), asked
    assert how_like_you("我爱和陌生人聊天。", "zh") == "这句话有多像你？我爱和陌生人聊天。"
    assert how_like_you("I worry (a lot).", "en") == "How much is this like you? I worry (a lot)."


@pytest.mark.parametrize("text", ["", "{}", "answers:\n", "answers: []\n"])
def test_nothing_answered_is_nothing_learnt(tmp_path: Path, text: str) -> None:
    assert load_questionnaire(written(tmp_path, text)) == ()
    assert load_questionnaire(tmp_path / "missing.yaml") == ()


def test_every_mistake_is_found_at_once(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
anwsers: []
answers:
  - {id: trait_a, question: I talk., answer: 8}
  - {id: trait_a, question: I talk., answer: 7}
  - {id: b, answer: yes}
  - {id: c, question: 'Who?', answer: [me]}
  - {id: d, question: 'Who?', anwser: me}
  - hello
""",
    )
    with pytest.raises(ConfigError) as raised:
        load_questionnaire(path)
    said = str(raised.value)
    for part in (
        "anwsers: unknown key; did you mean answers?",
        "answers[0].answer: trait_a wants a number from 1",
        "answers[1].id: was used before",
        "answers[2].question: missing: a text",
        "answers[3].answer: must be one value: a text, in quotes",
        "answers[4].anwser: unknown key; did you mean answer?",
        "answers[5]: must have id, question, answer",
    ):
        assert part in said
    assert len(raised.value.problems) == 7
    lines = [problem.removeprefix(f"{path}:").partition(":")[0] for problem in raised.value.problems]
    assert lines == ["2", "4", "5", "6", "7", "8", "9"]


@pytest.mark.parametrize(
    "text",
    [
        "answer: I am #1",
        "answer: a long one\n      that goes on #1 here",
        "answer: #1",
        "answer: I am # said with a wink",
        "answer: fine\n    question: Who is #1?",
    ],
)
def test_what_yaml_would_take_for_a_comment_is_never_lost_silently(tmp_path: Path, text: str) -> None:
    path = written(
        tmp_path, f"answers:\n  - id: one\n    {text}\n" + ("" if "question" in text else "    question: Eh?\n")
    )
    with pytest.raises(
        ConfigError, match=r"questionnaire\.yaml:[345]: answers\[0\]\.\w+: what follows the # would be lost"
    ):
        load_questionnaire(path)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("answer: I am#1", "I am#1"),
        ("answer: 'I am #1'", "I am #1"),
        ("answer: 'I am #1'  # quoted, so this is a comment", "I am #1"),
        ('answer: "#1"', "#1"),
        ("answer: |  # a comment\n      I am #1\n      # and this is said, too", "I am #1\n# and this is said, too"),
        ("# a comment of its own\n    answer: one\n    # another", "one"),
        ("answer: 'null'", "null"),
    ],
)
def test_a_number_sign_is_part_of_what_is_said(tmp_path: Path, text: str, answer: str) -> None:
    path = written(tmp_path, f"# first\nanswers:  # all of them\n  - id: one\n    question: Eh?\n    {text}\n")
    assert [one.answer for one in load_questionnaire(path)] == [answer]


@pytest.mark.parametrize("text", ["answer: One thing: patience", "answer: yes\n      no: maybe", "answer: {a: b}"])
def test_a_colon_is_told_with_its_line_and_what_to_do(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, f"answers:\n  - id: one\n    question: Well?\n    {text}\n")
    with pytest.raises(ConfigError, match=r"questionnaire\.yaml:[245]: .*quotes"):
        load_questionnaire(path)


@pytest.mark.parametrize("text", ["answers: {a: b}", "- a", "hello", "answers: ["])
def test_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="questionnaire"):
        load_questionnaire(written(tmp_path, text))
