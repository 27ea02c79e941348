"""Answers are written into questionnaire.yaml as it is: what somebody wrote around them stays."""

import random
import stat
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.letters import well_formed
from bot.questionnaire import load_questionnaire, read_items
from training.data.filling_in import fill_in, filled_in

WRITTEN = """\
# for mum
answers:
  - id: food
    question: What do you eat when nobody watches?
    answer: |
      noodles
      cold ones lol

  # ask her again
  - {id: sport, question: 'Do you do any sport?', answer: no}
  - {id: blank, question: 'What is your favourite book?', answer: }
  - {id: none, question: 'Nothing here?'}
  - question: A block without?
    id: block
  - id: last
    answer:
    question: What else?
  - id: folded
    question: folded?
    answer: one
      two
  - {id: trait_talks, question: I talk to strangers., answer: 6}
  - id: end
    question: last?
    answer: >-
      folded
      text
"""
SAID = (
    "it's: fine # yes",
    "line one\nline two",
    "",
    "👍 “中文”：好的",
    "tab\there \u2028 x \x85 \x7f \ufeff \U000e0067 \U000f0000",
    "- a",
    '"q" \\ end\n\'',
    "{x}",
    "no",
    "half a pair \ud83d",
    "~",
    "*a &b !c %d @e",
    "a, b] c}",
)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_answered_is_read_again_and_the_rest_is_as_it_was(seed: int) -> None:
    rng = random.Random(seed)
    before = {item.id: item.answer for item in read_items(WRITTEN, "it")}
    answers = {one: rng.choice(("", "3") if one.startswith("trait_") else SAID) for one in before if rng.random() < 0.6}
    filled = filled_in(WRITTEN, answers)
    meant = before | {one: well_formed(said).strip() for one, said in answers.items()}
    assert {item.id: item.answer for item in read_items(filled, "it")} == meant
    assert "# for mum\n" in filled and "  # ask her again\n" in filled


def test_the_blank_questionnaire_is_filled_in_and_private(tmp_path: Path) -> None:
    path = tmp_path / "questionnaire.yaml"
    path.write_text(WRITTEN, "utf-8")
    fill_in(path, {"sport": "swimming: badly", "trait_talks": "2"})
    found = {answer.id: answer for answer in load_questionnaire(path)}
    assert (found["sport"].answer, found["trait_talks"].trait) == ("swimming: badly", 2)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("answers", "sentence"), [({"trait_talks": "8"}, "from 1"), ({"nobody": "x"}, "no item nobody")]
)
def test_what_would_make_it_wrong_is_refused_and_nothing_is_written(
    tmp_path: Path, answers: dict[str, str], sentence: str
) -> None:
    path = tmp_path / "questionnaire.yaml"
    path.write_text(WRITTEN, "utf-8")
    with pytest.raises(ConfigError, match=sentence):
        fill_in(path, {"sport": "swimming", **answers})
    assert path.read_text("utf-8") == WRITTEN
