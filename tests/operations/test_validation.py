"""What people write into the workspace's files is read as it was meant, or each mistake is a sentence with a line."""

import json
import random
from pathlib import Path

import pytest

from adapters.registry import installed
from bot.config import example_text, parse_config
from bot.consent import load_consent, save_consent
from bot.errors import ConfigError, ConsentError
from bot.message import Account
from bot.people import Contact, People, load_people, save_people
from bot.persona import Day, load_persona
from tests.operations.conftest import consent

PLATFORMS = installed()


def people(folder: Path, text: str) -> People:
    (folder / "people.yaml").write_text(text, "utf-8")
    return load_people(folder / "people.yaml")


def wrong_people(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        people(folder, text)
    return [problem.removeprefix(f"{folder}/") for problem in caught.value.problems]


def wrong_persona(folder: Path, text: str) -> list[str]:
    (folder / "persona.yaml").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_persona(folder / "persona.yaml")
    return [problem.removeprefix(f"{folder}/") for problem in caught.value.problems]


# -- people.yaml ------------------------------------------------------------------------------------------------------


def test_every_mistake_about_people_has_its_line(tmp_path: Path) -> None:
    text = "people:\n  tom:\n    relationship: pal\n    acounts: {}\n  mei:\n    accounts: [7]\nsubjekt: {}\n"
    words = "partner, parent, child, sibling, elder, relative, friend, classmate, colleague, teacher, student"
    assert wrong_people(tmp_path, text) == [
        f"people.yaml:3: people.tom.relationship: 'pal' is not one of {words}, acquaintance, stranger.",
        "people.yaml:4: people.tom.acounts: unknown key; did you mean accounts?",
        "people.yaml:6: people.mei.accounts: must be ids by platform, such as `telegram: ['123']`.",
        "people.yaml:7: subjekt: unknown key; did you mean subject?",
    ]


def test_an_account_belongs_to_one_person(tmp_path: Path) -> None:
    text = (
        "people:\n  tom:\n    accounts:\n      telegram: ['7']\n"
        "  mei:\n    accounts:\n      discord: ['7']\n      telegram: 7\n"
        "subject:\n  accounts: {telegram: ['7', '8']}\n"
    )
    assert wrong_people(tmp_path, text) == [
        "people.yaml:8: people.mei.accounts.telegram: 7 already belongs to tom.",
        "people.yaml:10: subject.accounts.telegram: 7 already belongs to mei.",
    ]


def test_a_contact_may_be_called_as_a_key_is(tmp_path: Path) -> None:
    found = people(tmp_path, "people:\n  name: {relationship: elder}\n  people: {name: People}\n")
    assert [(one.slug, one.name, one.relationship) for one in found.contacts] == [
        ("name", "name", "elder"),
        ("people", "People", "stranger"),
    ]
    assert wrong_people(tmp_path, "people:\n  name:\n    relationship: x\n")[0].startswith(
        "people.yaml:3: people.name.relationship: 'x' is not one of"
    )


def test_what_may_be_left_empty(tmp_path: Path) -> None:
    assert people(tmp_path, "") == people(tmp_path, "people:\nsubject:\n") == People.of(())
    [tom] = people(tmp_path, "people:\n  tom:\n").contacts
    assert tom == Contact("tom", "tom")


def test_a_contact_given_twice_is_not_lost_silently(tmp_path: Path) -> None:
    text = "people:\n  tom: {name: Tom}\n  mei: {}\n  tom: {name: Thomas}\n"
    assert wrong_people(tmp_path, text) == ["people.yaml:4: people.tom: given twice (first on line 2)."]


def test_names_and_ids_come_back_as_they_were_saved(tmp_path: Path) -> None:
    names = ["no", "0123", "1e3", "2026-11-29", "~", "null", " Tom ", "<Tom>", "xxx", "change me", "a: b", "小梅", "😂"]
    contacts = tuple(
        Contact(f"c{number}", name, "friend", (Account("wechat", name), Account("telegram", f"0{number}")))
        for number, name in enumerate(names)
    )
    path = tmp_path / "people.yaml"
    save_people(path, People.of(contacts, (Account("telegram", "on"),)))
    assert load_people(path) == People.of(contacts, (Account("telegram", "on"),))


def test_ids_are_texts_however_they_are_written(tmp_path: Path) -> None:
    found = people(tmp_path, "people: {tom: {accounts: {telegram: [0123, 7], discord: 1_000, web: on}}}")
    assert [account.id for account in found.contacts[0].accounts] == ["0123", "7", "1_000", "on"]


# -- persona.yaml -----------------------------------------------------------------------------------------------------


def test_every_mistake_about_the_persona_has_its_line(tmp_path: Path) -> None:
    assert wrong_persona(tmp_path, "# who\naliases: Nor\nlanguage: french\nabuot: x\n") == [
        "persona.yaml:2: name: missing: what the avatar is called.",
        "persona.yaml:2: aliases: must be a list of other names.",
        "persona.yaml:3: language: 'french' must be en or zh.",
        "persona.yaml:4: abuot: unknown key; did you mean about?",
    ]
    assert wrong_persona(tmp_path, "") == ["persona.yaml:1: name: missing: what the avatar is called."]
    assert wrong_persona(tmp_path, "name: ' '") == ["persona.yaml:1: name: has no value: what the avatar is called."]
    assert wrong_persona(tmp_path, "- Nora")[0].startswith("persona.yaml:1: must be a section: ")
    assert wrong_persona(tmp_path, "name: [")[0].startswith("persona.yaml:1: not valid YAML: ")


def test_a_persona_is_read_as_it_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "persona.yaml"
    path.write_text("name: No\naliases: [0123, on, 2026-11-29]\nlanguage: zh\nabout: |\n  Likes tea.\n", "utf-8")
    persona = load_persona(path)
    assert (persona.name, persona.aliases, persona.about) == ("No", ("0123", "on", "2026-11-29"), "Likes tea.")
    path.write_text("name: Nora\naliases:\nabout:\n", "utf-8")
    assert load_persona(path).names == ("Nora",)


# -- consent.json -----------------------------------------------------------------------------------------------------


def wrong_consent(path: Path, **changes: object) -> str:
    save_consent(path, consent())
    record = json.loads(path.read_text("utf-8"))
    for key, value in changes.items():
        if value is ...:
            del record[key]
        else:
            record[key] = value
    path.write_text(json.dumps(record, indent="\t"), "utf-8")
    with pytest.raises(ConsentError) as caught:
        load_consent(path)
    assert str(caught.value).endswith("\nSuch a record allows nothing: run `echoes consent` again.")
    return str(caught.value)


def test_every_mistake_in_a_consent_record_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "consent.json"
    said = wrong_consent(path, role="boss", uses=["training", "selling"], disclosure="true", until="tomorrow", note=...)
    for words in (
        f"{path}:4: role: 'boss' must be self, guardian, executor or next-of-kin",
        f"{path}:7: uses[1]: 'selling' must be training, writings, running or voice",
        f"{path}:10: until: 'tomorrow' must be a day such as 2026-11-29: the last day it holds.",
        f"{path}:12: disclosure: 'true' must be true or false.",
        "note: missing: whatever else was said.",
    ):
        assert words in said, said
    assert "2: version: " in wrong_consent(path, version=2)
    assert "given_at: '2026-01-02T03:04:00' must be a time with its zone" in wrong_consent(
        path, given_at="2026-01-02T03:04:00"
    )
    assert "Mei" not in wrong_consent(path, by=["Mei Lin"])
    path.write_text('{"version": 1,\n"by"', "utf-8")
    with pytest.raises(ConsentError, match=r"consent.json:2: not valid JSON"):
        load_consent(path)


# -- whatever it is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "model: &a {base: *a}",
        "a: &a [*a]",
        "[" * 5000,
        "? {a: b}\n: c",
        "!!python/object:os.x {}",
        "\ufeff",
        "--- a\n--- b",
    ],
)
def test_what_yaml_can_do_besides_is_a_sentence(text: str) -> None:
    try:
        parse_config(text, platforms=PLATFORMS)
    except ConfigError as error:
        assert str(error).startswith("config.yaml:")


def test_a_file_damaged_anywhere_is_a_sentence() -> None:
    """From a seed: pieces of the example are moved, doubled and cut, and signs put between."""
    draw = random.Random(7)
    switched_on = "\n".join(
        line.replace("#", "", 1) if "#  " in line else line for line in example_text(PLATFORMS).splitlines()
    )
    refused = 0
    for _ in range(400):
        text = switched_on
        for _ in range(draw.randint(1, 6)):
            start, length = draw.randrange(len(text)), draw.choice((1, 3, 20, 200))
            piece = draw.choice(
                ("", text[start : start + length] * 2, draw.choice(":#-[]{}&*!|>'\"%@,?~\n\t 0\x00é😂"))
            )
            text = text[:start] + piece + text[start + length :]
        try:
            parse_config(text, platforms=PLATFORMS)
        except ConfigError as error:
            refused += 1
            assert all(problem.startswith("config.yaml:") for problem in error.problems)
    assert refused > 100


def test_dates_are_days_of_every_year_and_each_mistake_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "persona.yaml"
    path.write_text("name: Nora\ndates:\n- {contact: mei, on: 02-29, what: birthday}\n", "utf-8")
    assert load_persona(path).dates == (Day("mei", (2, 29), "birthday"),)
    assert wrong_persona(tmp_path, "name: Nora\ndates:\n- {contact: mei, on: 14-05, what: x}\n- {on: 05-14}\n") == [
        "persona.yaml:3: dates[0].on: '14-05' is no day of a year; write it as 05-14.",
        "persona.yaml:4: dates[1].contact: missing: a contact's short name.",
        "persona.yaml:4: dates[1].what: missing: what day it is, as the contact will read it.",
    ]
