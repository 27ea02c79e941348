"""A contact or a chat can be left out: then it is as if it had never been imported."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.message import Account
from bot.people import Contact, People, load_people, save_people
from bot.persona import Persona
from bot.store.corpus import Corpus
from bot.store.past import Past
from tests.dialogues.log import ALL_TRAIN, IDS, PEOPLE, Log
from training.data.cutting import build
from training.data.dialogues import DialogueSettings
from training.data.sources import Sources, holds

MEI, GRAN, TOM = (Account("telegram", IDS[name]) for name in ("Mei", "Gran", "Tom"))
NORA = Persona("Nora")


@pytest.fixture
def chats(log: Log) -> Path:
    log.private("Mei", "3/2 18:00 Mei: my secret is tulip", "18:01 Nora: safe with me")
    log.private("Gran", "3/3 18:00 Gran: dinner?", "18:01 Nora: yes please")
    log.group("3/4 18:00 Tom: lamps?", "18:01 Mei: tulip ones", "18:02 Nora: <reply> not those", "18:03 Tom: ok")
    path = log.corpus().path
    return path


def without(*contacts: str, chats: tuple[str, ...] = ()) -> People:
    changed = tuple(
        Contact(one.slug, one.name, one.relationship, one.accounts, one.slug in contacts) for one in PEOPLE.contacts
    )
    return People.of(changed, PEOPLE.subject, chats)


def learnt(path: Path, people: People, log: Log) -> str:
    with Corpus.open(path, people.left_out) as corpus:
        settings = DialogueSettings(max_tokens=400, served=400)
        return repr(build(corpus, people, NORA, log.codec, settings, ALL_TRAIN, Counter()))


def test_nothing_of_a_contact_is_left_in_private_or_in_groups(chats: Path, log: Log) -> None:
    assert learnt(chats, PEOPLE, log).count("tulip") >= 2
    found = learnt(chats, without("mei"), log)
    assert "tulip" not in found and "Mei" not in found and "safe with me" not in found
    assert "dinner?" in found and "lamps?" in found and "not those" in found, (
        "the others' stay, and her own words there"
    )
    with Corpus.open(chats, without("mei").left_out) as corpus:
        assert corpus.count() == 2 + 3
        assert MEI not in {one.account for one in corpus.senders()}
        assert len(corpus.chats()) == 2
        [group] = [chat for chat in corpus.chats() if chat.messages == 3]
        assert [one.replied for one in corpus.messages(group)] == [None, None, None]


def test_a_chat_alone_can_be_left_out(chats: Path, log: Log) -> None:
    with Corpus.open(chats) as corpus:
        group = next(chat.chat.key for chat in corpus.chats() if chat.title == "Lamps")
    found = learnt(chats, without(chats=(group,)), log)
    assert "lamps?" not in found and "safe with me" in found


def test_it_is_no_past_either(chats: Path) -> None:
    now = datetime.now(UTC)
    assert [one.text for one in Past(chats).private(MEI, PEOPLE, NORA, now, ())] == [
        "my secret is tulip",
        "safe with me",
    ]
    assert Past(chats).private(MEI, without("mei"), NORA, now, ()) == []
    assert Past(chats).private(GRAN, without("mei"), NORA, now, ())


def test_it_stands_in_people_yaml(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    people = without("mei", chats=("telegram:-1009",))
    save_people(path, people)
    text = path.read_text("utf-8")
    assert "left_out: true" in text and "telegram:-1009" in text
    assert load_people(path) == people
    assert load_people(path).left_out.accounts == {MEI}
    save_people(path, PEOPLE)
    assert "left_out" not in path.read_text("utf-8"), "where nobody is, nothing is said of it"
    path.write_text("people: {mei: {left_out: perhaps}}", "utf-8")
    with pytest.raises(ConfigError, match="left_out"):
        load_people(path)


def test_a_record_tells_of_an_account_without_naming_it(tmp_path: Path) -> None:
    record = tmp_path / "training.json"
    one, again = (Sources.of((), (MEI, GRAN)) for _ in range(2))
    assert one.salt != again.salt and one.senders != again.senders, "two records cannot be laid side by side"
    record.write_text(f'{{"sources": {{"salt": "{one.salt}", "senders": {list(one.senders)!r}}}}}'.replace("'", '"'))
    assert holds(record, (MEI,)) and holds(record, (TOM, GRAN))
    assert holds(record, (TOM,)) is False
    assert MEI.id not in record.read_text("utf-8").split()
    record.write_text("{}")
    assert holds(record, (MEI,)) is None
