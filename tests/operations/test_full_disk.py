"""The owner's commands on a full disk: each ends in a sentence, and what was there before is there still."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import ExitCode
from bot.workspace import Workspace

ROOT = Path(__file__).parent.parent.parent
EXPORTS = ROOT / "training" / "sample" / "en" / "exports"


def echoes(
    workspace: Workspace, *words: str, bytes_left: int | None = 0, stdout: int = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    """bytes_left: how large a file may become, whoever runs this; None: as large as it likes."""

    def fill() -> None:
        if bytes_left is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, bytes_left))

    return subprocess.run(
        [sys.executable, "-m", "bot", "-w", str(workspace.root), *words],
        cwd=ROOT, text=True, stdout=stdout, stderr=subprocess.PIPE, check=False, preexec_fn=fill,
    )  # fmt: skip


def said(finished: subprocess.CompletedProcess[str]) -> str:
    """What a person reads last; nothing but sentences of ours."""
    assert "Traceback" not in finished.stderr and "Exception ignored" not in finished.stderr, finished.stderr
    return finished.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "file"),
    [
        (["people", "set", "tom", "--relationship", "elder"], "people.yaml"),
        (["people", "merge", "tom", "ann"], "people.yaml"),
        (["consent", "--by", "Mei", "--yes"], "consent"),
        (["consent", "withdraw", "--yes"], "consent.json"),
        (["import", str(EXPORTS)], "corpus.sqlite"),
        (["run"], "web_token"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_ends_in_a_sentence_that_names_the_file(workspace: Workspace, words: list[str], file: str) -> None:
    people = workspace.people.read_text("utf-8") + "  ann: {name: Ann}\n"
    workspace.people.write_text(people, "utf-8")
    before = {path.name: path.read_bytes() for path in workspace.root.iterdir()}
    finished = echoes(workspace, *words)
    assert finished.returncode == ExitCode.FAILED
    sentence = said(finished)
    assert sentence.startswith(f"echoes: {workspace.root / file}") and " cannot be used (" in sentence
    kept = {path.name: path.read_bytes() for path in workspace.root.iterdir() if path.name in before}
    assert kept == before


@pytest.mark.parametrize(("bytes_left", "file"), [(0, "daemon.pid"), (9, "journal.sqlite")])
def test_run_names_what_it_could_not_write(workspace: Workspace, bytes_left: int, file: str) -> None:
    (workspace.root / "web_token").write_text("q3uZ8w-short-own-token\n", "utf-8")
    finished = echoes(workspace, "run", bytes_left=bytes_left)
    assert finished.returncode == ExitCode.FAILED, "systemd tries again"
    assert f"{workspace.root / file} cannot be used" in said(finished)


def test_run_names_a_folder_that_cannot_be_made(workspace: Workspace) -> None:
    workspace.received.write_text("in the way", "utf-8")
    finished = echoes(workspace, "run", bytes_left=None)
    assert finished.returncode == ExitCode.FAILED
    assert f"{workspace.received} cannot be used" in said(finished)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
def test_what_is_printed_into_a_full_file_is_no_success(workspace: Workspace) -> None:
    out = os.open("/dev/full", os.O_WRONLY)
    try:
        finished = echoes(workspace, "people", bytes_left=None, stdout=out)
    finally:
        os.close(out)
    assert finished.returncode == ExitCode.FAILED
    assert "No space left on device" in said(finished)
