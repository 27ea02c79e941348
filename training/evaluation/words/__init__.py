"""What the report says, in the reader's language: a catalogue of jinja templates each, en.yaml and zh.yaml."""

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import DictLoader, Environment, StrictUndefined

from training.statistics import Value

LANGUAGES = ("en", "zh")


class Words:
    """`words("style.findings.copied", times=2.1)` is that sentence. Other languages than ours are read English."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "en"
        self.environment = environment(self.language)

    def __call__(self, key: str, /, **names: object) -> str:
        """Raises jinja2's TemplateNotFound for an unknown key, and UndefinedError for a name that is not given."""
        return self.environment.get_template(key).render(names)

    def __contains__(self, key: str) -> bool:
        return key in catalogue(self.language)


@cache
def catalogue(language: str) -> dict[str, str]:
    """The templates by key; a key goes down from the panel: `style.rows.stock.note`."""
    found: dict[str, str] = {}

    def add(part: dict[str, Any], above: str) -> None:
        for name, inner in part.items():
            if isinstance(inner, dict):
                add(inner, f"{above}{name}.")
            else:
                found[f"{above}{name}"] = inner

    add(yaml.safe_load((Path(__file__).parent / f"{language}.yaml").read_text("utf-8")), "")
    return found


@cache
def environment(language: str) -> Environment:
    known = catalogue(language)
    made = Environment(loader=DictLoader(known), undefined=StrictUndefined, cache_size=-1)
    made.filters |= {"whole": whole, "share": share, "listed": lambda parts: listed(parts, language)}

    def said(key: str, **names: object) -> str:
        return made.get_template(f"numbers.{key}").render(names)

    def decimal(number: float, digits: int = 2) -> str:
        """`0.71`; in words where there is no number."""
        return said("none") if math.isnan(number) else f"{number:.{digits}f}"

    def percent(found: Value) -> str:
        """`21 % (95 %: 18 to 24 %)`."""
        ends = "" if math.isnan(found.low) else said("ends", low=whole(100 * found.low), high=share(found.high))
        return share(found.number) + (ends if not math.isnan(found.number) else "")

    def span(found: Value) -> str:
        """`54 (95 %: 40 to 61)`."""
        ends = "" if math.isnan(found.low) else said("ends", low=whole(found.low), high=whole(found.high))
        return whole(found.number) + ends

    made.filters |= {"decimal": decimal, "percent": percent, "span": span, "interval": interval}
    return made


def whole(number: float) -> str:
    """`−45`."""
    return f"{number:.0f}".replace("-", "−")


def share(number: float) -> str:
    """`21 %`."""
    return "–" if math.isnan(number) else f"{100 * number:.0f} %"


def interval(found: Value) -> str:
    """`0.71, 0.55 … 0.80`."""
    ends = "" if math.isnan(found.low) else f", {found.low:.2f} … {found.high:.2f}"
    return f"{found.number:.2f}{ends}"


def listed(parts: Sequence[str], language: str) -> str:
    """`a, b and c`."""
    if language == "zh" or len(parts) < 2:
        return "、".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
