"""`echoes bench` from the command line."""

import json
from pathlib import Path

import pytest

from bot.cli import main
from bot.engine.describe import Family
from bot.errors import ExitCode


def test_it_measures_decisions_and_replies(folders: dict[Family, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--model", str(folders["qwen2_5_vl"]), "--device", "cpu", "--json"]) == ExitCode.OK
    report = json.loads(capsys.readouterr().out)
    short, long = report["decisions"]
    assert 200 <= short["context_tokens"] < 300
    assert 2000 <= long["context_tokens"] < 2150
    assert 0 < long["new_tokens"] < 150
    assert long["with_cache_ms"] < long["without_cache_ms"]
    assert long["kept_mb"] == pytest.approx(long["context_tokens"] * 3 * 2 * 2 * 16 * 4 / 1e6, abs=0.1)
    assert report["reply_tokens_per_s"] > 0 and report["batch_tokens_per_s"] > 0
    assert report["process_mb"] > 50
    assert (report["device"], report["dtype"], report["gpu_mb"]) == ("cpu", "float32", None)


def test_the_table(folders: dict[Family, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--model", str(folders["qwen3_vl"]), "--device", "cpu"]) == ExitCode.OK
    captured = capsys.readouterr()
    for word in ("qwen3_vl@", "read anew", "kept cache", "tokens/s", "8 at once", "MB in this process"):
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
