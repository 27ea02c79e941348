"""Reads a text in YAML or JSON into a pydantic model; every mistake in it is a sentence with its line and place.

Only the shape of the file is read here. What a value may be (its type, its bounds, its default) is said by the model.
A field's `description` ends the sentence about it; `repr=False` marks a value that is never shown.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, Final, Literal, TypeVar, get_args, get_origin

import yaml
from annotated_types import Ge, Le
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from bot.errors import ConfigError
from bot.files import yaml_mistake
from bot.secrets import SAMPLE, Secret, shapes

M = TypeVar("M", bound=BaseModel)
Place = tuple[str | int, ...]
"""The keys and indices that lead to a value, such as ("platforms", "web", "port")."""


class _Empty:
    """What a key holds that has no value. It is not None, so that a model cannot take it for one."""


EMPTY: Final = _Empty()


def if_empty(instead: Any) -> BeforeValidator:
    """For a value that may be left empty: `people:` alone is nobody."""
    return BeforeValidator(lambda given: instead if given is EMPTY else given)


class Section(BaseModel):
    """A section of a file. It may be left empty where every value has a default; unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _may_be_empty(cls, value: Any) -> Any:
        return {} if value is EMPTY else value


def wrong(sentence: str, *keys: str) -> PydanticCustomError:
    """What a model's own validator raises. keys: where the mistake stands, the first of them that the file has."""
    return PydanticCustomError("wrong", "{sentence}", {"sentence": sentence, "keys": keys})


def _no_sample(value: Any) -> Any:
    if isinstance(value, str) and SAMPLE.search(value.strip()):
        raise PydanticCustomError("sample", "a sample value")
    return value


Text = Annotated[str, BeforeValidator(_no_sample), Field(min_length=1)]
"""A text that is not empty, and not left over from an example."""


def read(model: type[M], text: str, name: str) -> M:
    """The model that a YAML text holds. name: what messages call the file. Raises ConfigError with every mistake."""
    document = Document(text, name)
    found = document.read(model)
    document.finish()
    assert found is not None
    return found


def read_json(model: type[M], text: str, name: str) -> M:
    """The model that a JSON text holds, each value of the type that JSON has for it. Raises as `read` does."""
    try:
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        details = error.errors(include_url=False)
    if details[0]["type"] == "json_invalid":
        what = details[0]["ctx"]["error"]
        line = re.search(r"line (\d+)", what)
        raise ConfigError(f"{name}:{line[1] if line else 1}: not valid JSON: {what}.")
    document = Document(text.replace("\t", " "), name)  # then JSON is YAML, and its lines can be told
    document.explain(details, model)
    document.finish()
    raise AssertionError(details)


class Document:
    """A text in YAML or JSON, the line on which each value stands, and the mistakes found so far."""

    def __init__(
        self,
        text: str,
        name: str,
        places: Sequence[str] = (),
        secrets: Sequence[Secret] | None = None,
        advice: str = "remove it and revoke it.",
    ) -> None:
        """places: where keys belong, such as `model.base`. secrets: whose shapes no line may hold; None: any may.

        advice: what to do with a token that stands in this file. Raises ConfigError where the text is not YAML.
        """
        self._name = name
        self._places = places
        self._advice = advice
        self._token_lines: set[int] = set()
        if secrets is not None:
            tokens = shapes(secrets)
            self._token_lines = {number for number, line in enumerate(text.splitlines(), 1) if tokens.search(line)}
        said = f"a token stands in this line: {advice}"
        self._problems = [(line, f"{name}:{line}: {said}") for line in sorted(self._token_lines)]
        self._plain: dict[int, Any] = {}
        try:
            self._root = yaml.compose(text, yaml.SafeLoader)
            self.value: Any = EMPTY if self._root is None else self._read(self._root, "")
        except yaml.YAMLError as error:
            raise ConfigError(*self._sorted(), yaml_mistake(name, error)) from None
        except RecursionError:
            raise ConfigError(*self._sorted(), f"{name}: sections stand too deep in one another.") from None

    def read(self, model: type[M], *place: str) -> M | None:
        """The model at a place; None, and the mistakes noted, where it cannot be made."""
        value = self.value
        for key in place:
            value = value[key]
        try:
            return model.model_validate(value)
        except ValidationError as error:
            self.explain(error.errors(include_url=False), model, place)
            return None

    def explain(self, details: Sequence[ErrorDetails], model: type[BaseModel], place: Place = ()) -> None:
        """Notes what pydantic found wrong with a model at a place."""
        for detail in details:
            self._explain(detail, model, place)

    def problem(self, place: Place, what: str, *, at_key: bool = False) -> None:
        """Notes a mistake. at_key: on the line of the key, not of its value."""
        words, line, key_line = self._find(place)
        self._note(key_line if at_key else line, words, what)

    def finish(self) -> None:
        """Raises ConfigError with all mistakes, in the order of their lines."""
        if self._problems:
            raise ConfigError(*self._sorted())

    def has(self, place: Place) -> bool:
        """Whether the file says something there."""
        value = self.value
        for key in place:
            if not isinstance(value, dict) or key not in value:
                return False
            value = value[key]
        return True

    def _sorted(self) -> list[str]:
        return [text for _, text in sorted(self._problems, key=lambda problem: problem[0])]

    def _note(self, line: int, place: str, what: str) -> None:
        if line not in self._token_lines:
            self._problems.append((line, f"{self._name}:{line}: {f'{place}: ' if place else ''}{what}"))

    def _read(self, node: yaml.Node, place: str) -> Any:
        """Texts, lists and mappings; every scalar stays the text that it is, so that `on`, `0123` and dates do."""
        if id(node) in self._plain:  # an alias; one that holds itself is cut
            return self._plain[id(node)]
        if isinstance(node, yaml.ScalarNode):
            return EMPTY if node.tag == "tag:yaml.org,2002:null" else node.value
        self._plain[id(node)] = EMPTY
        if isinstance(node, yaml.SequenceNode):
            self._plain[id(node)] = [self._read(item, f"{place}[{index}]") for index, item in enumerate(node.value)]
            return self._plain[id(node)]
        values: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            word = key.value if isinstance(key, yaml.ScalarNode) else "?"
            inner = f"{place}.{word}" if place else word
            if word in lines:
                self._note(_line(key), inner, f"given twice (first on line {lines[word]}).")
            else:
                lines[word] = _line(key)
                values[word] = self._read(value, inner)
        self._plain[id(node)] = values
        return values

    def _find(self, place: Place) -> tuple[str, int, int]:
        """A place in words, the line of its value and that of its key. What the file does not have is passed over:
        pydantic names the branches of a union, too."""
        node, words, key_line = self._root, "", _line(self._root)
        for part in place:
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    if isinstance(key, yaml.ScalarNode) and key.value == part:
                        node, key_line, words = value, _line(key), f"{words}.{part}" if words else str(part)
                        break
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
                node, words = node.value[part], f"{words}[{part}]"
                key_line = _line(node)
        return words, _line(node), key_line

    def _explain(self, detail: ErrorDetails, model: type[BaseModel], place: Place) -> None:
        """One of pydantic's errors as a sentence."""
        kind, loc, given = detail["type"], detail["loc"], detail["input"]
        words, line, key_line = self._find((*place, *loc))
        if kind == "extra_forbidden":
            owner, _ = _field(model, loc[:-1])
            self._unknown(key_line, str(loc[-1]), words, tuple((owner or model).model_fields))
        elif kind == "missing":
            _, field = _field(model, loc)
            self._note(line, f"{words}.{loc[-1]}" if words else str(loc[-1]), f"missing{_meaning(field)}.")
        elif kind == "wrong":
            context = detail["ctx"]
            at = next((key for key in context["keys"] if self.has((*place, *loc, key))), None)
            words, line, key_line = self._find((*place, *loc, *([at] if at else [])))
            self._note(key_line if at else line, words, context["sentence"])
        else:
            _, field = _field(model, loc)
            key = words.rsplit(".", 1)[-1] or next(iter(model.model_fields))
            self._note(line, words, _sentence(kind, loc, given, field, detail["msg"], key))

    def _unknown(self, line: int, word: str, place: str, known: tuple[str, ...]) -> None:
        close = difflib.get_close_matches(word.lower().replace("-", "_"), known, 1, 0.6)
        elsewhere = [path for path in self._places if path.rsplit(".", 1)[-1] == word]
        if not elsewhere and _SECRET_KEYS.search(word):
            self._note(line, place, f"tokens do not belong in this file: {self._advice}")
            return
        if close:
            hint = f"did you mean {close[0]}?"
        elif elsewhere:
            hint = f"it belongs at {' or '.join(elsewhere)}."
        else:
            hint = f"known here: {', '.join(known) or 'nothing'}."
        self._note(line, place if may_be_shown(place) else "", f"unknown key; {hint}")


_SECRET_KEYS = re.compile(r"(^|_)tokens?$|api_?key|passw|secret", re.IGNORECASE)
_LONG = re.compile(r"[A-Za-z0-9_-]{27,}")


def may_be_shown(text: str) -> bool:
    """Whether a text cannot be a token: those hold a long run of letters and digits."""
    return not _LONG.search(text)


def _sentence(kind: str, loc: Place, given: Any, field: FieldInfo | None, message: str, key: str) -> str:
    """What is wrong with a value. key: what the section is called that the value should be."""
    meaning = _meaning(field)
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
        words = [word for one in _parts(hint) for word in _choices(one)]
        listed = ", or a list in square brackets" if any(get_origin(one) is tuple for one in _parts(hint)) else ""
        close = difflib.get_close_matches(str(given).lower(), words, 1, 0.6)
        end = f"; did you mean {close[0]}?" if close else "."
        return f"{shown} must be {either(words)}{listed}{end}"
    if kind.startswith("bool_"):
        return f"{shown} must be true or false."
    if kind.startswith(("int_", "float_", "finite_", "greater_", "less_")):
        noun = "a whole number" if int in _parts(hint) else "a number"
        return f"{shown} must be {noun}{_bounds(hint, field)}{meaning}."
    if kind.startswith("date_"):
        return f"{shown} must be a day such as 2026-11-29{meaning}."
    if kind.startswith(("datetime_", "timezone_")):
        return f"{shown} must be a time with its zone, such as 2026-11-29T12:00:00+00:00{meaning}."
    if kind == "string_pattern_mismatch":
        return f"{shown} is not what is needed here{meaning}."
    return f"{shown}: {message[:1].lower()}{message[1:]}{meaning}."


def _choices(hint: Any) -> Sequence[str]:
    """The words that a Literal or an Enum allows."""
    if isinstance(hint, type) and issubclass(hint, Enum):
        return [str(one.value) for one in hint]
    return [str(word) for word in get_args(hint)] if get_origin(hint) is Literal else []


def either(words: Sequence[str]) -> str:
    """a, b or c."""
    return ", ".join(words[:-1]) + f" or {words[-1]}" if len(words) > 1 else "".join(words)


def _meaning(field: FieldInfo | None) -> str:
    return f": {field.description}" if field is not None and field.description else ""


def _bounds(hint: Any, field: FieldInfo | None) -> str:
    notes = [*_parts(field), *_parts(hint)]
    low = next((note.ge for note in notes if isinstance(note, Ge)), None)
    high = next((note.le for note in notes if isinstance(note, Le)), None)
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}"
    return f" from {low:g}" if low is not None else f" up to {high:g}" if high is not None else ""


def _parts(hint: Any) -> Iterator[Any]:
    """A hint, and everything it is made of, with what is noted in it."""
    yield hint
    inner = hint.metadata if isinstance(hint, FieldInfo) else () if get_origin(hint) is Literal else get_args(hint)
    for part in inner:
        yield from _parts(part)


def section_in(field: FieldInfo) -> type[BaseModel] | None:
    """The model that a field holds, perhaps as one of several."""
    return next((one for one in _parts(field.annotation) if isinstance(one, type) and issubclass(one, BaseModel)), None)


def _field(model: type[BaseModel], loc: Place) -> tuple[type[BaseModel] | None, FieldInfo | None]:
    """The field at a place in a model, and the model that it holds."""
    inside: type[BaseModel] | None = model
    field: FieldInfo | None = None
    by_key = False
    for part in loc:
        if by_key:  # a mapping's own key, which may be called as a field is
            by_key = False
        elif inside is not None and part in inside.model_fields:
            field = inside.model_fields[str(part)]
            inside = section_in(field)
            by_key = any(get_origin(one) in (dict, Mapping) for one in _parts(field.annotation))
    return inside, field


def places(model: type[BaseModel], prefix: str = "") -> list[str]:
    """Every place in a file of this model, such as `model.base`."""
    found = []
    for name, field in model.model_fields.items():
        found.append(prefix + name)
        if (inner := section_in(field)) is not None:
            found += places(inner, f"{prefix}{name}.")
    return found


def _line(node: yaml.Node | None) -> int:
    return node.start_mark.line + 1 if node is not None else 1
