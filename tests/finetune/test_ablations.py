"""What mattered: the table of trainings, on the small workspace and a tiny model."""

import json
import math
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bot.errors import EchoesError, UsageError
from bot.lora import find_lora
from bot.workspace import Workspace
from tests.finetune.test_train import Listener
from training.evaluation.limits import FULL
from training.evaluation.panel import Metric
from training.evaluation.run import with_limit
from training.finetune import PRESETS, TrainSettings, train
from training.recipes.ablations import run
from training.recipes.ablations.__main__ import main
from training.recipes.ablations.measure import Row
from training.recipes.ablations.run import CompareSettings, compare
from training.recipes.ablations.table import Table, as_json, cell, markdown
from training.recipes.ablations.variants import VARIANTS, Variant, chosen
from training.statistics import Value

TOKENS = 6000
FEW = tuple(VARIANTS[name] for name in ("tuned", "bubbles-off"))


@pytest.fixture(scope="module")
def compared(imported: Workspace) -> Path:
    return compare(imported, CompareSettings(FEW, TOKENS), Listener())


def test_each_variant_differs_from_its_preset_in_what_it_says() -> None:
    changed = {
        "lr-3e-4": {"learning_rate", "wide_rate"},
        "lr-3e-3": {"learning_rate", "wide_rate"},
        "packed-off": {"packed"},
        "balanced": {"negatives"},
        "dropout-off": {"name_dropout", "relationship_dropout"},
        "rank-4": {"rank", "alpha"},
        "rank-64": {"rank", "alpha"},
        "bubbles-off": {"bubbles"},
        "decision-0.25": {"decision_weight"},
        "decision-4": {"decision_weight"},
        "quiet-1": {"quiet_share"},
    }
    assert {"tuned", "paper", "paper-lr-1e-3", *changed} == set(VARIANTS)
    tuned = asdict(PRESETS["tuned"])
    for name, expected in changed.items():
        preset = asdict(VARIANTS[name].preset)
        assert {key for key in tuned if tuned[key] != preset[key]} == expected, name
        assert preset["alpha"] / preset["rank"] == tuned["alpha"] / tuned["rank"]
    assert VARIANTS["paper-lr-1e-3"].preset == replace(PRESETS["paper"], learning_rate=1e-3)


def test_some_are_chosen_by_name() -> None:
    assert [one.name for one in chosen(["lr-3e-3", "tuned"])] == ["tuned", "lr-3e-3"]
    with pytest.raises(UsageError, match="bigger"):
        chosen(["bigger"])


def test_the_table_has_a_row_for_each(compared: Path, imported: Workspace) -> None:
    text = compared.read_text("utf-8")
    assert "6,000 tokens" in text and text.count("\n| ") == 5
    rows = {row["name"]: row for row in json.loads(compared.with_suffix(".json").read_text("utf-8"))["rows"]}
    assert list(rows) == ["base", "tuned", "bubbles-off"]
    base, tuned, off = (rows[name]["values"] for name in rows)
    assert tuned["bits"][0] < base["bits"][0], "it learns"
    assert tuned["lower"][0] == pytest.approx(1 - tuned["bits"][0] / base["bits"][0])
    assert "than_reference" not in tuned
    assert off["than_reference"][0] == pytest.approx(1 - off["bits"][0] / tuned["bits"][0])
    assert off["than_reference"][0] < 0, "words that it never saw parted are parted on the test days"
    assert tuned["lower"][1:] == [None, None], "one test day has no interval"
    assert 0 <= tuned["auroc_alone"][0] <= 1 and tuned["rate"][0] >= 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in (compared, compared.parent))


def test_what_is_there_is_not_made_again(compared: Path, imported: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> Path:
        raise AssertionError("it trains again")

    monkeypatch.setattr(run, "train", never)
    before = compared.read_text("utf-8")
    assert compare(imported, CompareSettings(FEW, TOKENS), Listener()).read_text("utf-8") == before
    one = compare(imported, CompareSettings(FEW[1:], TOKENS, train=False), Listener())
    assert "bubbles-off" in one.read_text("utf-8") and "| tuned |" not in one.read_text("utf-8")
    compared.write_text(before, "utf-8")


def test_panels_of_the_report_stand_beside_it(compared: Path, imported: Workspace) -> None:
    before = compared.read_text("utf-8"), compared.with_suffix(".json").read_text("utf-8")
    path = compare(
        imported, CompareSettings(FEW, TOKENS, panels=("likelihood", "context"), limits=with_limit(FULL, 4)), Listener()
    )
    _, tuned, _ = json.loads(path.with_suffix(".json").read_text("utf-8"))["rows"]
    assert "likelihood.lower" in tuned["values"]
    assert tuned["values"]["likelihood.lower"][0] == pytest.approx(tuned["values"]["lower"][0], abs=0.01)
    compared.write_text(before[0], "utf-8")
    compared.with_suffix(".json").write_text(before[1], "utf-8")


def test_a_lora_trained_otherwise_is_not_compared(compared: Path, imported: Workspace) -> None:
    before = compared.read_text("utf-8"), compared.with_suffix(".json").read_text("utf-8")
    path = compare(imported, CompareSettings(FEW, 3 * TOKENS, train=False), Listener())
    assert path.read_text("utf-8").count("was trained with other settings, seed or tokens") == 2
    compared.write_text(before[0], "utf-8")
    compared.with_suffix(".json").write_text(before[1], "utf-8")


def test_the_avatar_stays_who_it_was(workspace: Workspace) -> None:
    mine = train(workspace, TrainSettings(replace(PRESETS["tuned"], epochs=1), "mine"))
    compare(workspace, CompareSettings(FEW[:1], 1000), Listener())
    assert (workspace.loras / "ablation-tuned").is_dir()
    assert find_lora(workspace.loras, "latest") == mine


def test_one_that_fails_has_a_row_that_says_so(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def train_some(workspace: Workspace, settings: TrainSettings, reporter: Listener) -> Path:
        if not settings.preset.bubbles:
            raise EchoesError("The loss is no longer a number.")
        return train(workspace, settings, reporter)

    monkeypatch.setattr(run, "train", train_some)
    path = compare(workspace, CompareSettings((*FEW[::-1], replace(FEW[0], name="again")), 1000), Listener())
    text = path.read_text("utf-8")
    assert "The loss is no longer a number." in text and "| again |" in text
    assert find_lora(workspace.loras, "latest") == workspace.loras / "ablation-tuned", "there was no other avatar"


def test_an_interruption_keeps_what_is_done(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(_: int) -> None:
        if (workspace.loras / "ablation-tuned").exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(workspace, CompareSettings(FEW, 1000), Listener(interrupt))
    assert "| tuned |" in (workspace.root / "ablations" / "table.md").read_text("utf-8")
    assert main([str(workspace.root), "--tokens", "1000", "--only", "tuned,bubbles-off"]) == 0
    shown = capsys.readouterr()
    assert "| bubbles-off |" in shown.out and "[2/2]" in shown.err


def test_it_says_what_is_missing(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(workspace.root), "--tokens", "1000", "--measure"]) == 64
    assert "nothing to measure" in capsys.readouterr().err
    assert main([str(workspace.root), "--tokens", "0", "--only", "tuned"]) == 64
    workspace.consent.unlink()
    assert main([str(workspace.root), "--tokens", "1000"]) == 77


def test_a_cell_shows_its_interval() -> None:
    share, plain = Metric("share", "Share", unit="%"), Metric("plain", "Plain", digits=3)
    assert cell(Value(0.158, 0.146, 0.167), share) == "15.8 % (14.6 % to 16.7 %)"
    assert cell(Value(1.4), plain) == "1.400"
    assert cell(None, plain) == cell(Value(math.nan), plain) == "–"
    rows = [Row("one", "a", {"plain": Value(1.0)}), Row("two", "b", {}, "It failed.")]
    table = Table([share, plain], rows)
    assert markdown(table, ["About."]).splitlines() == [
        "About.",
        "",
        "|  | Differs by | Plain |",
        "| --- | --- | --- |",
        "| one | a | 1.000 |",
        "| two | b | It failed. |",
    ]
    assert json.loads(as_json(table, 5, 0))["rows"][0]["values"] == {"plain": [1.0, None, None]}


def test_another_seed_has_folders_of_its_own() -> None:
    variant = Variant("tuned", "", PRESETS["tuned"])
    assert variant.lora(0) == "ablation-tuned" and variant.lora(3) == "ablation-tuned-seed3"
