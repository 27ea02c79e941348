"""Writes answers into questionnaire.yaml. All else in the file, comments included, stays as somebody wrote it."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from bot.errors import ConfigError
from bot.files import read_utf8
from bot.letters import well_formed
from bot.questionnaire import read_items
from bot.workspace import write_private

_KEY = "answer"


def fill_in(path: Path, answers: Mapping[str, str]) -> None:
    """Writes answers by the ids of their items. An empty one leaves the item without.

    Raises ConfigError where the file is wrong, has no such item, or would be wrong with the answer: it then stays.
    """
    text = read_utf8(path)
    if unknown := answers.keys() - {item.id for item in read_items(text, str(path))}:
        raise ConfigError(f"{path} has no item {', '.join(sorted(unknown))}: load the page again.")
    filled = filled_in(text, answers)
    read_items(filled, str(path))
    write_private(path, filled.encode())


def filled_in(text: str, answers: Mapping[str, str]) -> str:
    """Returns the text of a valid questionnaire with answers in it."""
    root = yaml.compose(text, yaml.BaseLoader)
    assert isinstance(root, yaml.MappingNode)
    items = next(node for key, node in root.value if key.value == "answers")
    for item in reversed(items.value):  # what is before an item keeps its place
        nodes = {key.value: (key, value) for key, value in item.value}
        answer = answers.get(nodes["id"][1].value.strip())
        if answer is not None:
            text = _with(text, item, nodes, _quoted(well_formed(answer).strip()))
    return text


def _with(text: str, item: yaml.MappingNode, nodes: Mapping[str, tuple[yaml.Node, yaml.Node]], quoted: str) -> str:
    if _KEY not in nodes:
        start, column = item.start_mark.index, item.start_mark.column
        if item.flow_style:
            return f"{text[: start + 1]}{_KEY}: {quoted}, {text[start + 1 :]}"
        return f"{text[:start]}{_KEY}: {quoted}\n{' ' * column}{text[start:]}"
    key, old = nodes[_KEY]
    start, end = key.end_mark.index, old.end_mark.index
    colon = text.index(":", start) + 1
    ending = "\n" if text[colon:end].endswith("\n") else ""  # a text in lines of its own ends where the next begins
    return f"{text[:colon]} {quoted}{ending}{text[max(end, colon) :]}"


def _quoted(answer: str) -> str:
    """Returns a text as YAML has it in quotes, on one line."""
    if answer.isprintable():
        return "'" + answer.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, answer)) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    return letter if letter.isprintable() else "\\n" if letter == "\n" else f"\\U{ord(letter):08x}"
