"""The catalogues of sentences: the same keys and names in both languages, all of them used, all of them sentences."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, UndefinedError, meta

from training import evaluation
from training.evaluation.panel import Kind
from training.evaluation.words import LANGUAGES, Words, catalogue, environment
from training.statistics import NAN, Value

FOLDER = Path(str(evaluation.__file__)).parent
BY_DRIVER = re.compile(r"(title|what|metrics\.\w+|figures\.\w+\.(title|caption)|rows\.\w+\.(name|note))")
"""What `driver.Draft` makes of a name that a panel gives it."""


class Anything(float):
    """Fits wherever a template takes a number, a share with its interval, a name or a list."""

    low, high = 0.25, 0.75

    def __getattr__(self, name: str) -> "Anything":
        if name.startswith("_"):
            raise AttributeError(name)
        return Anything(0.5)

    def __iter__(self) -> Iterator[str]:
        return iter(("one", "two"))

    def __len__(self) -> int:
        return 2

    def __getitem__(self, place: object) -> list[str] | str:
        return ["one"] if isinstance(place, slice) else "two"


def names(template: str) -> set[str]:
    return meta.find_undeclared_variables(environment("en").parse(template))


def test_both_languages_have_the_same_keys_and_names() -> None:
    en, zh = map(catalogue, LANGUAGES)
    assert list(en) == list(zh), "in the same order"
    assert {key for key in en if names(en[key]) != names(zh[key])} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_is_a_sentence_of_its_language(language: str) -> None:
    words = Words(language)
    for key, template in catalogue(language).items():
        said = words(key, **dict.fromkeys(names(template), Anything(0.5)))
        assert said.strip() and "{{" not in said and "  " not in said, key
        if language == "zh":
            plain = re.sub(r"\{[{%].*?[%}]\}|`[^`]*`|LoRA|--no-model|--quick", "", template)
            assert re.search(r"[\u4e00-\u9fff]", plain) or not re.search(r"[a-z]{3}", plain), f"{key} is English"


def strings(text: str) -> Iterator[str]:
    """The strings of a program as patterns: what is filled in may be anything."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr):
            parts = (str(one.value) if isinstance(one, ast.Constant) else None for one in node.values)
            yield "".join(".+" if one is None else re.escape(one) for one in parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 60:
            yield re.escape(node.value)


def used(key: str, by_panel: dict[str, set[str]]) -> bool:
    panel, _, rest = key.partition(".")
    own = by_panel.get(panel, set())
    named = rest.split(".")[1] if rest.count(".") else rest
    return (
        any(re.fullmatch(one, key) for one in own | by_panel[""])
        or any(re.fullmatch(one, rest) for one in own)
        or (
            (BY_DRIVER.fullmatch(rest) is not None and panel in by_panel)
            and (rest in ("title", "what") or any(re.fullmatch(one, named) for one in own | by_panel[""]))
        )
    )


def test_every_key_is_used() -> None:
    by_panel: dict[str, set[str]] = {"": {kind.name.lower() for kind in Kind}}
    for path in FOLDER.rglob("*.py"):
        inside = path.relative_to(FOLDER).parts
        panel = inside[1].removesuffix(".py") if inside[0] == "panels" and len(inside) > 1 else ""
        found = {one for one in strings(path.read_text("utf-8")) if re.search(r"[a-z]", one)}
        by_panel.setdefault(panel, set()).update(found)
    for path in FOLDER.rglob("*.jinja"):
        for key, more in re.findall(r'words\("([\w.]+)"( ~)?', path.read_text("utf-8")):
            by_panel[""].add(re.escape(key) + (".+" if more else ""))
    assert [key for key in catalogue("en") if not used(key, by_panel)] == []


def test_numbers_are_put_into_words() -> None:
    en, zh = map(Words, LANGUAGES)

    def put(words: Words, template: str, found: object) -> str:
        return words.environment.from_string(template).render(found=found)

    assert put(en, "{{ found|percent }}", Value(0.214, 0.181, 0.239)) == "21 % (95 %: 18 to 24 %)"
    assert put(zh, "{{ found|percent }}", Value(0.214, 0.181, 0.239)) == "21 %（95% 区间：18 至 24 %）"
    assert put(en, "{{ found|percent }}", Value(0.2)) == "20 %"
    assert put(en, "{{ found|percent }}", Value(NAN)) == "–"
    assert put(en, "{{ found|span }}", Value(-44.6, -60.2, 3)) == "−45 (95 %: −60 to 3)"
    assert put(zh, "{{ found|decimal(1) }}", NAN) == "没有测到"
    assert put(en, "{{ found|listed }}", ["a", "b", "c"]) == "a, b and c"
    assert put(zh, "{{ found|listed }}", ["a", "b", "c"]) == "a、b、c"


def test_an_unknown_key_or_name_is_no_silence() -> None:
    with pytest.raises(TemplateNotFound):
        Words("en")("style.findings.nothing")
    with pytest.raises(UndefinedError):
        Words("en")("numbers.ends", low="1")
    assert Words("fr")("numbers.none") == "not measured"
