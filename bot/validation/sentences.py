"""One of pydantic's errors about a value, as a sentence: what is wrong, and what to do."""

import difflib
import re
from collections.abc import Sequence
from typing import Any, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bot.secrets import SAMPLE
from bot.validation.model import EMPTY, parts

_LONG = re.compile(r"[A-Za-z0-9_-]{27,}")


def may_be_shown(text: str) -> bool:
    """Whether a text cannot be a token: those hold a long run of letters and digits."""
    return not _LONG.search(text)


def sentence(detail: ErrorDetails, field: FieldInfo | None, key: str) -> str:
    """What is wrong with a field's value. key: what the section is called that the value should be."""
    kind, loc, given = detail["type"], detail["loc"], detail["input"]
    meaning = meaning_of(field)
    hint = field.annotation if field is not None else None
    shown = repr(given.strip() if isinstance(given, str) else given)
    if (field is not None and not field.repr) or not may_be_shown(shown):
        shown = "what stands there"
    if kind in ("dict_type", "tuple_type") and meaning:
        return f"must be {meaning.removeprefix(': ')}."
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"must be a section: `{key}: {{}}`, or `{key}:` with its values indented below."
    if given is EMPTY or kind in ("string_too_short", "too_short"):
        return f"has no value{meaning}."
    if isinstance(given, dict | list):
        return "must be one word; put it in quotes." if isinstance(loc[-1], int) else f"must be one value{meaning}."
    if kind == "sample" or (kind == "string_pattern_mismatch" and SAMPLE.search(str(given))):
        return f"still holds the sample value {shown}{meaning}."
    if kind in ("literal_error", "enum"):
        words = re.findall(r"'([^']+)'", detail["ctx"]["expected"])  # of the form that the value has
        may_be_list = loc[-1] == "word" and any(get_origin(one) is tuple for one in parts(hint))
        listed = ", or a list in square brackets" if may_be_list else ""
        close = difflib.get_close_matches(str(given).lower(), words, 1, 0.6)
        end = f"; did you mean {close[0]}?" if close else "."
        return f"{shown} must be {either(words)}{listed}{end}"
    if kind.startswith("bool_"):
        return f"{shown} must be true or false."
    if kind.startswith(("int_", "float_", "finite_", "greater_", "less_")):
        noun = "a whole number" if int in parts(hint) else "a number"
        return f"{shown} must be {noun}{_bounds(hint, field)}{meaning}."
    if kind.startswith("date_"):
        return f"{shown} must be a day such as 2026-11-29{meaning}."
    if kind.startswith(("datetime_", "timezone_")):
        return f"{shown} must be a time with its zone, such as 2026-11-29T12:00:00+00:00{meaning}."
    if kind == "string_pattern_mismatch":
        return f"{shown} is not what is needed here{meaning}."
    message = detail["msg"]
    return f"{shown}: {message[:1].lower()}{message[1:]}{meaning}."


def either(words: Sequence[str]) -> str:
    """Returns the words as `a, b or c`."""
    return ", ".join(words[:-1]) + f" or {words[-1]}" if len(words) > 1 else "".join(words)


def meaning_of(field: FieldInfo | None) -> str:
    return f": {field.description}" if field is not None and field.description else ""


def _bounds(hint: Any, field: FieldInfo | None) -> str:
    notes = [*parts(field), *parts(hint)]
    low = next((note.ge for note in notes if isinstance(note, Ge)), None)
    high = next((note.le for note in notes if isinstance(note, Le)), None)
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}"
    return f" from {low:g}" if low is not None else f" up to {high:g}" if high is not None else ""
