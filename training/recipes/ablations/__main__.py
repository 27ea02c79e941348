"""`python -m training.recipes.ablations WORKSPACE --tokens N`: trains variants, measures them, writes a table."""

import argparse
import sys
from pathlib import Path

from bot.errors import EchoesError, UsageError
from bot.workspace import Workspace
from training.evaluation.limits import FULL
from training.evaluation.run import with_limit
from training.evaluation.standard import PANELS
from training.finetune import Bar
from training.recipes.ablations.run import CompareSettings, compare
from training.recipes.ablations.variants import VARIANTS, chosen


def _names(words: str | None) -> list[str] | None:
    return [name.strip() for name in words.split(",")] if words else None


def _panels(words: str | None) -> list[str]:
    """Raises UsageError for one that there is not."""
    names = _names(words) or []
    if unknown := [name for name in names if name not in PANELS]:
        raise UsageError(f"--panels: there is no {', '.join(unknown)}; choose among {', '.join(PANELS)}.")
    return names


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m training.recipes.ablations", description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--tokens", type=int, required=True, metavar="N", help="that each of them reads")
    parser.add_argument("--only", metavar="NAMES", help=f"some of {', '.join(VARIANTS)}")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of weights and order, the same for all")
    parser.add_argument("--panels", metavar="KEYS", help="of the report too, such as style,context")
    parser.add_argument("--limit", type=int, metavar="N", help="at most so many of everything that a panel asks")
    parser.add_argument("--measure", action="store_true", help="train nothing: measure what is there")
    settings = parser.parse_args(words)
    try:
        with Bar() as bar:
            path = compare(
                Workspace.open(settings.workspace),
                CompareSettings(
                    chosen(_names(settings.only)),
                    settings.tokens,
                    settings.seed,
                    not settings.measure,
                    _panels(settings.panels),
                    with_limit(FULL, settings.limit),
                ),
                bar,
            )
        print(path.read_text("utf-8"))
        return 0
    except EchoesError as error:
        print(error, file=sys.stderr)
        return int(error.code)
    except KeyboardInterrupt:
        print("Stopped: the same command goes on from here.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
