"""A bench that takes seconds: fewer of everything."""

from pathlib import Path

import pytest


def shorten(monkeypatch: pytest.MonkeyPatch, cache: Path, at_once: tuple[int, ...], load: int) -> None:
    """Shortens `echoes bench`, and leaves nothing in the user's cache. load: how many replies are written meanwhile."""
    fewer = {
        "bench.AT_ONCE": at_once,
        "bench._COLD": 1,
        "bench_asking._TOKENS": 8,
        "bench_load._UNDER_LOAD": 8,
        "bench_load._LOAD": load,
        "bench_load._BETWEEN": 0.01,
    }
    for name, value in fewer.items():
        monkeypatch.setattr(f"bot.cli.{name}", value)
    monkeypatch.setattr("bot.engine.llama.files._cache", lambda: cache)
