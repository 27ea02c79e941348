"""Two programs that read with a model on the same cores do not hold one another up."""

import os

import pytest

from bot.cli import main
from bot.engine.cores import SPINS


def test_threads_that_wait_soon_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.setenv("GOMP_SPINCOUNT", "")
    monkeypatch.delenv("GOMP_SPINCOUNT")
    main([])
    assert os.environ["GOMP_SPINCOUNT"] == SPINS


@pytest.mark.parametrize(("name", "value"), [("OMP_WAIT_POLICY", "ACTIVE"), ("GOMP_SPINCOUNT", "77")])
def test_what_its_user_set_has_the_last_word(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.setenv(one, "")
        monkeypatch.delenv(one)
    monkeypatch.setenv(name, value)
    main([])
    assert os.environ[name] == value
    assert os.environ.get("GOMP_SPINCOUNT") == (value if name == "GOMP_SPINCOUNT" else None)
