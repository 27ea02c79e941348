"""`echoes bench` from the command line."""

import json
from pathlib import Path

import pytest

from bot.cli import main
from bot.engine.describe import Family
from bot.errors import ExitCode
from tests.benching import shorten


@pytest.fixture(autouse=True)
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shorten(monkeypatch, tmp_path / "llama", at_once=(1, 4), load=3)


def test_it_measures_both_engines(folders: dict[Family, Path], capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("bench", "--engine", "both", "--rounds", "1", "--json")
    assert main([*asked, "--model", str(folders["qwen2_5_vl"]), "--device", "cpu"]) == ExitCode.OK
    torch, llama = json.loads(capsys.readouterr().out)
    assert (torch["precision"], llama["precision"]) == ("float32, cpu", "f16, llama.cpp")
    for report in (torch, llama):
        short, long = report["decisions"]
        assert 200 <= short["context_tokens"] < 300
        assert 2000 <= long["context_tokens"] < 2150
        assert 0 < long["new_tokens"] < 150
        assert 0 < long["kept_ms"] < long["anew_ms"]
        assert [one["at_once"] for one in report["writing"]] == [1, 4]
        assert all(one["rate"][0] > 0 for one in report["writing"])
        assert report["memory_mb"] > 50
        assert report["load"]["rate"] > 0
        assert report["load_s"] <= report["first_reply_s"]
    assert all(one["plain"] is None for one in torch["writing"])
    assert all(one["ratio"][0] > 0 for one in llama["writing"])


def test_the_table(folders: dict[Family, Path], capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("bench", "--engine", "llama", "--rounds", "1")
    assert main([*asked, "--model", str(folders["qwen3_vl"])]) == ExitCode.OK
    captured = capsys.readouterr()
    for word in ("qwen3_vl@", "read anew", "llama.cpp alone", "tokens/s", "4 at once", "99th percentile"):
        assert word in captured.out
    assert "deciding at 2000 tokens" in captured.err


def test_what_cannot_be_measured(
    folders: dict[Family, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "--model", "/no/such/model"]) == ExitCode.CONFIG
    assert "neither a folder nor a model's id" in capsys.readouterr().err
    model = str(folders["qwen2_5_vl"])
    assert main(["bench", "--model", model, "--device", "cpu", "--lora", str(tmp_path)]) == ExitCode.CONFIG
    assert "it is not a LoRA that `echoes train` made" in capsys.readouterr().err
