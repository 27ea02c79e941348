"""An unfinished training is kept through what passes."""

import errno
from pathlib import Path

import pytest

from bot.errors import PassingError
from bot.workspace import private_dir
from training.finetune.checkpoint import Run


def test_what_cannot_be_read_just_now_is_not_thrown_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(private_dir(tmp_path / ".training"))
    run.begin("this avatar")
    run.save_best({})

    def out_of_files(self: Path, *_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files", str(self))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_text", out_of_files)
        patched.setattr(Path, "read_bytes", out_of_files)
        with pytest.raises(PassingError, match=r"run\.json cannot be read just now"):
            run.key()
        with pytest.raises(PassingError, match=r"best\.pt cannot be read just now"):
            run.load_best()
    assert run.key() == "this avatar" and run.load_best() == {}


def test_a_damaged_note_of_what_it_was_for_begins_anew(tmp_path: Path) -> None:
    run = Run(private_dir(tmp_path / ".training"))
    assert run.key() is None
    run.begin("this avatar")
    (run.folder / "run.json").write_bytes(b"\xff")
    assert run.key() is None
