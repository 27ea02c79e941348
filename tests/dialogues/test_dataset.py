"""What is learnt and what is measured are loaded alike."""

from bot.config import parse_config
from bot.people import save_people
from bot.workspace import Workspace
from tests.dialogues.log import PEOPLE, Log
from training.data.dataset import Dataset, load_dataset
from training.data.dialogues import Dialogue
from training.data.splits import Split
from training.evaluation.data import load_evaluation_data


def dataset(log: Log) -> Dataset:
    log.corpus()
    workspace = Workspace(log.folder)
    workspace.persona.write_text("name: Nora\n", "utf-8")
    save_people(workspace.people, PEOPLE)
    return load_dataset(workspace, parse_config(""), log.codec, 4000)


def said(dialogues: tuple[Dialogue, ...]) -> str:
    return " ".join(bubble.text for one in dialogues for turn in one.turns for bubble in turn.bubbles)


def numbers_on_every_day(log: Log) -> None:
    days = [(f"3/{day} 18:00 Mei: your number?", f"18:01 Nora: 07700 90012{day}") for day in (1, 2, 3, 4, 5)]
    log.private("Mei", *(line for lines in days for line in lines))


def test_numbers_of_validation_and_test_days_are_replaced_as_those_that_are_learnt(log: Log) -> None:
    """Drift: training read redacted text, calibration and evaluation raw: held-out replies held what nobody learnt."""
    numbers_on_every_day(log)
    found = dataset(log)
    for split in Split:
        assert "00000 000000" in said(found.dialogues[split]) and "07700" not in said(found.dialogues[split])
    assert "07700 900121" in said(found.unredacted) and "07700 900125" not in said(found.unredacted)


def test_the_judges_of_style_read_them_replaced_too(log: Log) -> None:
    numbers_on_every_day(log)
    dataset(log)
    data = load_evaluation_data(Workspace(log.folder), parse_config(""), log.codec, 4000)
    own = [bubble for burst in data.bursts if burst.sender == "me" for bubble in burst.bubbles]
    assert own == ["00000 000000"] * 5
