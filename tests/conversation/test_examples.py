"""To somebody without a past: the register comes from what anybody may see, and never from another's private chat."""

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.message import Account
from bot.people import RELATIONSHIPS, Contact, People
from bot.released import Exchange, save_released
from tests.conversation.stage import MEI, NOBODY, QUICK, Stage
from tests.conversation.test_past import PEOPLE, told
from tests.dialogues.log import IDS, Log

TOM = Account("stage", "3")
FRIENDS = (Exchange("are you coming?\nor not", "okok\ngive me ten minutes", "mei"), Exchange("hungry?", "always"))
MARK = "[remembered] from a talk with somebody else\n"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    log = Log(tmp_path)
    log.private("Mei", "3/20 9:00 Mei: my cat is ill", "9:05 Nora: oh no")
    log.corpus()
    log.close()
    save_released(tmp_path / "released.yaml", {"friend": FRIENDS})
    (tmp_path / "questionnaire.yaml").write_text(
        "answers:\n- {id: pets, question: 'Do you keep any pets?', answer: 'I keep a parrot.'}\n"
        f"- {{id: long, question: 'And?', answer: '{'well ' * 60}'}}\n"
        "- {id: trait_calm, question: 'Are you calm?', answer: '3'}\n"
    )
    people = People.of((*PEOPLE.contacts, Contact("tom", "Tom", "friend", (TOM,))), PEOPLE.subject)
    stage = Stage(tmp_path, QUICK, people)
    yield stage
    await stage.close()


async def test_a_friend_who_never_wrote_is_spoken_to_as_friends_are(stage: Stage) -> None:
    await stage.says(TOM, "hi, it's Tom")
    await stage.settled()
    prompt = told(stage)
    assert f"user\n{MARK}[" in prompt and prompt.count(MARK) == len(FRIENDS), "each is marked as what it is"
    assert "are you coming?\nor not<|im_end|>\n<|im_start|>assistant\nokok\ngive me ten minutes<|im_end|>" in prompt
    assert prompt.index("ten minutes") < prompt.index("always") < prompt.index("hi, it's Tom")
    assert "parrot" not in prompt and "my cat" not in prompt


async def test_it_stays_where_it_stood_while_they_talk(stage: Stage) -> None:
    await stage.says(TOM, "hi")
    await stage.settled()
    first = told(stage)
    await stage.says(TOM, "and now?")
    await stage.settled()
    assert told(stage).startswith(first)
    await stage.restart()
    await stage.says(TOM, "still there?")
    await stage.settled()
    assert told(stage).startswith(first), "the same, started anew"


async def test_a_stranger_is_answered_as_whoever_asked_the_questionnaire(stage: Stage) -> None:
    await stage.says(NOBODY, "hello")
    await stage.settled()
    prompt = told(stage)
    assert "Do you keep any pets?<|im_end|>\n<|im_start|>assistant\nI keep a parrot.<|im_end|>" in prompt
    assert "okok" not in prompt and "well well" not in prompt and "calm" not in prompt


async def test_who_has_a_past_is_shown_that_and_a_group_nothing(stage: Stage) -> None:
    await stage.says(MEI, "hi")
    await stage.settled()
    assert "my cat is ill" in told(stage) and MARK not in told(stage)
    await stage.says(TOM, "Nora?", group="9", addressed=True)
    await stage.settled()
    assert MARK not in told(stage)


async def test_what_was_released_of_a_chat_goes_when_they_leave(stage: Stage) -> None:
    contacts = tuple(replace(one, left_out=one.slug == "mei") for one in stage.people.contacts)
    avatar = stage.conversations.avatar
    avatar.people = People.of(contacts, stage.people.subject)
    await stage.says(TOM, "hi")
    await stage.settled()
    assert "okok" not in told(stage) and "always" in told(stage)
    avatar.people = stage.people
    await stage.says(MEI, "/forget")
    await stage.says(TOM, "hi again")
    await stage.settled()
    assert "okok" not in told(stage) and "always" in told(stage)


async def test_what_the_owner_withdraws_is_shown_no_more(stage: Stage) -> None:
    await stage.says(TOM, "hi")
    await stage.settled()
    assert "okok" in told(stage)
    save_released(stage.root / "released.yaml", {"friend": FRIENDS[1:]})
    await stage.says(TOM, "hi again")
    await stage.settled()
    assert "okok" not in told(stage) and "always" in told(stage)


@pytest.mark.parametrize("seed", range(6))
async def test_nothing_of_anybodys_private_chat_is_ever_shown_to_another(tmp_path: Path, seed: int) -> None:
    """Chats, relationships and what is released by chance; then everybody who has no past writes."""
    rng = random.Random(seed)
    log, said = Log(tmp_path), dict[str, set[str]]()
    for who in ("Mei", "Tom", "Gran"):
        said[who] = {f"{who.lower()}secret{number}" for number in range(rng.randint(1, 8))}
        lines = [
            f"3/{rng.randint(1, 27)} 9:00 {rng.choice((who, 'Nora'))}: cue{word} {word}" for word in sorted(said[who])
        ]
        log.private(who, *lines, f"3/28 9:00 {who}: hi", "9:01 Nora: hello")
    log.corpus()
    log.close()
    words = [one for one in RELATIONSHIPS if rng.random() < 0.5]
    save_released(tmp_path / "released.yaml", {one: (Exchange(f"ask {one}", f"say {one}"),) for one in words})
    known = [
        Contact(who.lower(), who, rng.choice(list(RELATIONSHIPS)), (Account("telegram", IDS[who]),)) for who in said
    ]
    new = [Contact(f"new{n}", f"New {n}", rng.choice(list(RELATIONSHIPS)), (Account("stage", f"5{n}"),)) for n in "123"]
    people = People.of((*known, *new), (Account("telegram", IDS["Nora"]),))
    stage = Stage(tmp_path, QUICK, people)
    secrets = set().union(*said.values())
    for account in (*(one.accounts[0] for one in new), NOBODY):
        cues = " ".join(f"cue{word}" for word in rng.sample(sorted(secrets), min(2, len(secrets))))
        await stage.says(account, f"what of {cues}?")
        await stage.settled()
        assert not [word for word in secrets if f" {word}" in told(stage)]
    await stage.close()
