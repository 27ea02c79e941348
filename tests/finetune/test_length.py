"""A length into which what the subject wrote does not fit: said, with one into which it does."""

import re
from pathlib import Path

import pytest

from bot.cli import main
from bot.engine.describe import Family
from bot.errors import ExitCode
from tests.finetune.conftest import make_workspace

TOO_LONG = r"(\d+) of the 12 turns of the subject to learn from do not fit into (\d+) tokens"


def test_where_nearly_nothing_fits_there_is_no_lora_but_a_sentence(
    tmp_path: Path, models: dict[Family, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = make_workspace(tmp_path / "nora", models["qwen2_5_vl"], group=False)
    workspace.questionnaire.write_text("answers:\n- {id: food, question: 'What do you eat?', answer: soup}\n", "utf-8")

    def train(length: int) -> tuple[int, str]:
        code = main(
            ["-w", str(workspace.root), "train", "--name", str(length), "--length", str(length), "--epochs", "1"]
        )
        return code, capsys.readouterr().err

    code, said = train(128)
    assert code == ExitCode.USAGE and not workspace.loras.exists(), "the questionnaire alone is not the subject"
    found = re.search(TOO_LONG + r", prompt and all: give --length (\d+) at least, better (\d+)", said)
    assert found, said
    left, _, least, best = map(int, found.groups())
    assert left == 12 and least < best

    assert train(least - 1)[0] == ExitCode.USAGE
    code, said = train(least)
    assert code == ExitCode.OK
    found = re.search(TOO_LONG + r", prompt and all, and are not learnt: --length (\d+) would hold all", said)
    assert found and int(found[1]) <= 6 and int(found[3]) == best

    code, said = train(best - 1)
    assert code == ExitCode.OK and re.search(TOO_LONG, said)
    code, said = train(best)
    assert code == ExitCode.OK and "do not fit" not in said
