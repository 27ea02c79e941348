"""Reads a text in YAML or JSON into a pydantic model; every mistake in it is a sentence with its line and place.

Only the shape of the file is read here. What a value may be (its type, its bounds, its default) is said by the model.
"""

import difflib
import re
from collections.abc import Sequence
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.errors import ConfigError
from bot.files import yaml_mistake
from bot.secrets import Secret, shapes
from bot.validation.model import EMPTY, Place, field_at
from bot.validation.sentences import may_be_shown, meaning_of, sentence

M = TypeVar("M", bound=BaseModel)

_SECRET_KEYS = re.compile(r"(^|_)tokens?$|api_?key|passw|secret", re.IGNORECASE)


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
    raise AssertionError("pydantic refused it, and no sentence says why")


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
        self._guarded = secrets is not None
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
            known = range(len(value)) if isinstance(value, list) else value if isinstance(value, dict) else ()
            if key not in known:
                return False
            value = value[key]
        return True

    def _sorted(self) -> list[str]:
        return [text for _, text in sorted(self._problems, key=lambda problem: problem[0])]

    def _note(self, line: int, place: str, what: str) -> None:
        if self._guarded and not may_be_shown(place):  # a token in the place of a key
            place = ""
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
        kind, loc = detail["type"], detail["loc"]
        words, line, key_line = self._find((*place, *loc))
        if kind == "extra_forbidden":
            owner, _ = field_at(model, loc[:-1])
            self._unknown(key_line, str(loc[-1]), words, tuple((owner or model).model_fields))
        elif kind == "missing":
            _, field = field_at(model, loc)
            self._note(line, f"{words}.{loc[-1]}" if words else str(loc[-1]), f"missing{meaning_of(field)}.")
        elif kind == "wrong":
            context = detail["ctx"]
            at = next((key for key in context["keys"] if self.has((*place, *loc, key))), None)
            words, line, key_line = self._find((*place, *loc, *([at] if at else [])))
            self._note(key_line if at else line, words, context["sentence"])
        else:
            _, field = field_at(model, loc)
            key = words.rsplit(".", 1)[-1] or next(iter(model.model_fields))
            self._note(line, words, sentence(detail, field, key))

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
        self._note(line, place, f"unknown key; {hint}")


def _line(node: yaml.Node | None) -> int:
    return node.start_mark.line + 1 if node is not None else 1
