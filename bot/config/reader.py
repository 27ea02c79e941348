"""Reads config.yaml into its dataclasses; every mistake is found in one go, with its line and its place in the file."""

import dataclasses
import difflib
import math
import re
import types
import typing
from pathlib import Path
from typing import Any

import yaml

from bot.config.sections import Config, Option
from bot.errors import ConfigError
from bot.files import read_text
from bot.secrets import NAMES, SAMPLE, TOKEN_SHAPES

_SECRET_KEYS = re.compile(r"(^|_)tokens?$|api_?key|passw|secret", re.IGNORECASE)
_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_BAD = object()  # a value that was reported


def load_config(path: Path) -> Config:
    """Raises ConfigError with every mistake in the file, each with its line; PassingError while it cannot be read."""
    try:
        text = read_text(path)
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing: `echoes init` makes one.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8: save it as UTF-8.") from None
    return parse_config(text, str(path))


def parse_config(text: str, name: str = "config.yaml") -> Config:
    """The configuration in a text; `name` is how messages call the file."""
    reader = _Reader(name)
    reader.find_tokens(text)
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:  # its own text quotes the file, which may hold a token
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(*reader.sorted(), f"{name}:{line}: not valid YAML: {error.problem}.") from None
    except yaml.YAMLError:
        raise ConfigError(
            *reader.sorted(), f"{name}:1: not valid YAML: it holds characters YAML does not allow."
        ) from None
    config = reader.section(root, Config, "")
    if isinstance(config, Config) and not reader.problems:
        reader.check_together(config)
    if reader.problems:
        raise ConfigError(*reader.sorted())
    return typing.cast(Config, config)


class _Reader:
    """One reading: the mistakes so far, and on which line each value stands."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[tuple[int, str]] = []
        self.lines: dict[str, int] = {}
        self.token_lines: set[int] = set()

    def sorted(self) -> list[str]:
        return [text for _, text in sorted(self.problems, key=lambda problem: problem[0])]

    def problem(self, line: int, where: str, what: str) -> None:
        place = f"{where}: " if where else ""
        self.problems.append((line, f"{self.name}:{line}: {place}{what}"))

    def find_tokens(self, text: str) -> None:
        for number, line in enumerate(text.splitlines(), 1):
            if TOKEN_SHAPES.search(line):
                self.token_lines.add(number)
                self.problem(number, "", _leaked("a token stands in this line"))

    def section(self, node: yaml.Node | None, cls: type, where: str) -> Any:
        """A dataclass from a mapping; _BAD where it cannot be made."""
        hints = typing.get_type_hints(cls, include_extras=True)
        fields = {field.name: field for field in dataclasses.fields(cls)}
        values: dict[str, Any] = {}
        given: dict[str, int] = {}
        if node is not None and not _is_null(node) and not isinstance(node, yaml.MappingNode):
            key = where.rsplit(".", 1)[-1] or "model"
            how = f"`{key}: {{}}`, or `{key}:` with its values indented below"
            self.problem(_line(node), where, f"must be a section: {how}.")
            return _BAD
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            word = key.value if isinstance(key, yaml.ScalarNode) else "?"
            place = f"{where}.{word}" if where else word
            if word in given:
                self.problem(_line(key), place, f"given twice (first on line {given[word]}).")
                continue
            given[word] = _line(key)
            self.lines[place] = _line(key)
            if word in fields:
                values[word] = self.value(value, hints[word], place)
            else:
                self.unknown(_line(key), word, where, place, tuple(fields))
        complete = True
        for field in fields.values():
            required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
            if required and field.name not in given:
                place = f"{where}.{field.name}" if where else field.name
                self.problem(_line(node), place, f"missing: {option_of(hints[field.name]).text}.")
                complete = False
        if not complete or any(value is _BAD for value in values.values()):
            return _BAD
        return cls(**values)

    def unknown(self, line: int, word: str, where: str, place: str, known: tuple[str, ...]) -> None:
        if line in self.token_lines:
            return
        close = difflib.get_close_matches(word.lower().replace("-", "_"), known, 1, 0.6)
        elsewhere = [path for path in _places(Config) if path.rsplit(".", 1)[-1] == word]
        if not elsewhere and _SECRET_KEYS.search(word):
            self.problem(line, place, _leaked("tokens do not belong in this file"))
            return
        if close:
            hint = f"did you mean {close[0]}?"
        elif elsewhere:
            hint = f"it belongs at {' or '.join(elsewhere)}."
        else:
            hint = f"known here: {', '.join(known)}."
        self.problem(line, place, f"unknown key; {hint}")

    def value(self, node: yaml.Node, hint: Any, where: str) -> Any:
        """A value of the hinted type, or _BAD after reporting what is wrong."""
        option = option_of(hint)
        kinds = kinds_of(hint)
        section = next((kind for kind in kinds if dataclasses.is_dataclass(kind)), None)
        if section is not None:
            return self.section(node, typing.cast(type, section), where)
        line = _line(node)
        if _is_null(node):
            self.problem(line, where, f"has no value: {option.text}.")
            return _BAD
        listed = any(typing.get_origin(kind) is tuple for kind in kinds)
        words = tuple(
            word for kind in kinds if typing.get_origin(kind) is typing.Literal for word in typing.get_args(kind)
        )
        if isinstance(node, yaml.SequenceNode) and listed:
            return self.texts(node, option, where)
        if not isinstance(node, yaml.ScalarNode):
            self.problem(line, where, f"must be one value: {option.text}.")
            return _BAD
        if line in self.token_lines:
            return _BAD
        if words:
            if node.value in words:
                return node.value
            choice = ", ".join(words[:-1]) + f" or {words[-1]}" + (", or a list in square brackets" if listed else "")
            close = difflib.get_close_matches(node.value.lower(), words, 1, 0.6)
            self.problem(
                line, where, f"{node.value!r} must be {choice}{f'; did you mean {close[0]}?' if close else '.'}"
            )
            return _BAD
        if kinds == [bool]:
            return self.boolean(node, where)
        if kinds in ([int], [float]):
            return self.number(node, kinds[0] is int, option, where)
        return self.text(node, option, where)

    def texts(self, node: yaml.SequenceNode, option: Option, where: str) -> Any:
        items = []
        for index, item in enumerate(node.value):
            place = f"{where}[{index}]"
            if isinstance(item, yaml.ScalarNode) and not _is_null(item):
                items.append(self.text(item, option, place))
            else:
                self.problem(_line(item), place, "must be one word; put it in quotes.")
                items.append(_BAD)
        return _BAD if any(item is _BAD for item in items) else tuple(items)

    def text(self, node: yaml.ScalarNode, option: Option, where: str) -> Any:
        text = str(node.value).strip()
        line = _line(node)
        shown = "what stands there" if option.secret else repr(text)
        if SAMPLE.search(text):
            self.problem(line, where, f"still holds the sample value {shown}: {option.text}.")
        elif not text:
            self.problem(line, where, f"has no value: {option.text}.")
        elif option.pattern and not re.fullmatch(option.pattern, text):
            self.problem(line, where, f"{shown} is not what is needed here: {option.text}.")
        else:
            return text
        return _BAD

    def boolean(self, node: yaml.ScalarNode, where: str) -> Any:
        if node.value.lower() in _BOOLEANS:
            return _BOOLEANS[node.value.lower()]
        self.problem(_line(node), where, f"{node.value!r} must be true or false.")
        return _BAD

    def number(self, node: yaml.ScalarNode, whole: bool, option: Option, where: str) -> Any:
        kind = "a whole number" if whole else "a number"
        try:
            number = int(node.value) if whole else float(node.value)
        except ValueError:
            number = math.nan
        low = -math.inf if option.low is None else option.low
        high = math.inf if option.high is None else option.high
        if math.isfinite(number) and low <= number <= high:
            return number
        self.problem(_line(node), where, f"{node.value!r} must be {kind} from {low:g} to {high:g}: {option.text}.")
        return _BAD

    def check_together(self, config: Config) -> None:
        """What is wrong only in company."""
        talk, model, web, health = config.conversation, config.model, config.platforms.web, config.health
        if talk.gather_max_seconds < talk.gather_seconds:
            where = self._given("conversation.gather_max_seconds", "conversation.gather_seconds")
            self.problem(self.lines[where], where, "gather_max_seconds must not be less than gather_seconds.")
        if model.four_bit and (model.server is not None or model.device == "cpu"):
            reason = "the server decides how it loads the model" if model.server is not None else "it needs a GPU"
            self.problem(self.lines["model.four_bit"], "model.four_bit", f"cannot be on here: {reason}.")
        if web and health and web.port == health.port != 0 and web.host == health.host:
            where = self._given("health.port", "platforms.web.port", "health")
            self.problem(self.lines[where], where, f"the port {web.port} is taken by platforms.web: choose another.")

        for name, platform in (("telegram", config.platforms.telegram), ("discord", config.platforms.discord)):
            if platform and platform.proxy and not 0 < int(platform.proxy.rstrip("/").rpartition(":")[2]) < 65536:
                where = f"platforms.{name}.proxy"
                self.problem(self.lines[where], where, "the port must be from 1 to 65535.")

    def _given(self, *places: str) -> str:
        return next(place for place in places if place in self.lines)


def _leaked(what: str) -> str:
    variables = ", ".join(NAMES.values())
    return (
        f"{what}: remove it and revoke it (at @BotFather or in the Discord developer portal), "
        f"then give the new one in the environment ({variables}) or as a systemd credential."
    )


def _line(node: yaml.Node | None) -> int:
    return node.start_mark.line + 1 if node is not None else 1


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def option_of(hint: Any) -> Option:
    """What a field's annotation says about it."""
    return next(note for note in hint.__metadata__ if isinstance(note, Option))


def kinds_of(hint: Any) -> list[Any]:
    """The types a field may have, without None."""
    inner = typing.get_args(hint)[0] if typing.get_origin(hint) is typing.Annotated else hint
    if typing.get_origin(inner) in (typing.Union, types.UnionType):
        return [kind for kind in typing.get_args(inner) if kind is not types.NoneType]
    return [inner]


def _places(cls: type, prefix: str = "") -> list[str]:
    """Every place in the file, such as `model.base`."""
    places = []
    for name, hint in typing.get_type_hints(cls, include_extras=True).items():
        places.append(prefix + name)
        for kind in kinds_of(hint):
            if dataclasses.is_dataclass(kind):
                places += _places(typing.cast(type, kind), f"{prefix}{name}.")
    return places
