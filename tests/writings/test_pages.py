"""What is learnt of a diary, letters and mails: pages with a block of their own, beside chats as they were."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.chat.prompt import render
from bot.config import parse_config
from bot.consent import Consent, Role, Use, save_consent
from bot.message import Account
from bot.people import People, load_people, save_people
from bot.workspace import Workspace
from bot.writing import WritingKind
from tests.dialogues.log import PEOPLE, Log
from tests.writings.conftest import mail, mailbox
from training.data.dialogues import Dialogue
from training.data.importers import Options, find_files, import_paths
from training.data.pages import Pages, load_pages
from training.data.sources import Sources, holds
from training.data.splits import Splits
from training.finetune.epoch import epoch_of
from training.finetune.material import Material, load_material
from training.finetune.presets import TUNED
from training.finetune.samples import joined, sample_of

NORA = Account("email", "nora@example.org")
ANN = Account("email", "ann@example.org")
ALL = Splits((date(2026, 3, 1),), date(2030, 1, 1), date(2030, 1, 2))
DIARY = """1 March 2026
The lamps came at last. I rang 07700 900123 and nobody answered.

2 March 2026
Rain.

6 March 2026
The day that is measured.
"""
LETTER = "Dear Mei,\n\nthe lamps came at last.\n\nNora"


class Desk:
    """Nora's workspace: chats of five days, and what she wrote besides."""

    def __init__(self, log: Log) -> None:
        asked = [(f"3/{day} 18:00 Mei: did the lamps come on day {day}?", "18:01 Nora: not yet, maybe soon")
                 for day in range(1, 6)]  # fmt: skip
        log.private("Mei", *(line for lines in asked for line in lines))
        log.corpus()
        self.log, self.workspace = log, Workspace(log.folder)
        self.people(PEOPLE.contacts)
        self.workspace.persona.write_text("name: Nora\nabout: Nora sells lamps.\n", "utf-8")
        self.workspace.questionnaire.write_text("answers: []\n", "utf-8")
        self.agree(*Use)

    def people(self, contacts: tuple[object, ...], *accounts: Account) -> None:
        people = People.of(contacts, (*PEOPLE.subject, NORA, *accounts))  # type: ignore[arg-type]
        save_people(self.workspace.people, people)

    def agree(self, *uses: Use) -> None:
        now = datetime.now(UTC)
        save_consent(self.workspace.consent, Consent("Nora", Role.SELF, uses, now, now.date() + timedelta(days=9)))

    def take(self, content: str | bytes, name: str, kind: WritingKind | None = None) -> None:
        path = self.log.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        options = Options(UTC, subject=(NORA,), said_to_be=kind)
        report = import_paths(self.log.corpus(), self.log.media, find_files([path]), options)
        assert report.problems == [], report.problems

    def pages(self, splits: Splits = ALL, share: float = 0.5, chats: int = 40, length: int = 1024) -> Pages:
        people = load_people(self.workspace.people)
        dialogues = self.log.dialogues() * chats
        persona = dialogues[0].scene.persona
        return load_pages(self.workspace, persona, people, self.log.codec, length, splits, dialogues, share)

    def material(self, share: float = 1 / 3) -> Material:
        return load_material(self.workspace, parse_config(""), self.log.codec, 1024, None, share)

    def shown(self, pages: Pages) -> list[str]:
        return [self.prompt(one) for one in pages.dialogues]

    def prompt(self, dialogue: Dialogue) -> str:
        ids = render(dialogue.scene, dialogue.turns, self.log.codec).ids
        return self.log.codec.tokenizer.decode(list(ids), skip_special_tokens=False)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    log = Log(tmp_path)
    yield Desk(log)
    log.close()


def sent(*to: str, text: str = "They came.", number: int = 1, when: str = "Mon, 02 Mar 2026 18:05:00 +0000") -> bytes:
    return mail(text, number=number, sender=NORA.id, to=", ".join(to), subject="Re: lamps", date=when)


def test_each_is_marked_as_what_it_is(desk: Desk) -> None:
    desk.take(DIARY, "diary.txt", WritingKind.DIARY)
    desk.take(LETTER, "letter.txt", WritingKind.LETTER)
    desk.take(sent("Ann <ann@example.org>", "bo@example.org"), "a.eml")
    first, *_ = found = desk.shown(desk.pages())
    assert first == (
        "<|im_start|>system\nYou are Nora, writing in your own voice.\nThis is a page of your diary, of 1 March 2026."
        "<|im_end|>\n<|im_start|>assistant\n"
        "The lamps came at last. I rang 00000 000000 and nobody answered.<|im_end|>\n"
    )
    assert any("This is an e-mail of yours to Ann and others, of 2 March 2026, “lamps”." in one for one in found)
    assert any("This is a letter of yours to Mei (friend)." in one and "Dear Mei,\nthe lamps" in one for one in found)


def test_in_chinese(desk: Desk) -> None:
    desk.take("2026年3月1日 晴\n灯到了。", "diary.txt", WritingKind.DIARY)
    desk.take(LETTER, "letter.txt", WritingKind.LETTER)
    diary, letter = desk.pages().dialogues
    chinese = [replace(one.scene, persona=replace(one.scene.persona, language="zh")) for one in (diary, letter)]
    one, two = (desk.prompt(replace(page, scene=scene)) for page, scene in zip((diary, letter), chinese, strict=True))
    assert "你是Nora，用自己的口吻写下来。\n这是你2026年3月1日的日记，题为“晴”。<|im_end|>" in one
    assert "这是你写给Mei（朋友）的信。" in two


def test_only_their_words_are_learnt(desk: Desk) -> None:
    desk.take(DIARY, "diary.txt", WritingKind.DIARY)
    page = desk.pages().dialogues[1]
    sample = sample_of(page, desk.log.codec)
    learnt = desk.log.codec.tokenizer.decode([one.target for one in sample.places], skip_special_tokens=False)
    assert learnt == "Rain.<|im_end|>" and sample.decisions == 0
    assert joined(page) == page


def test_no_chat_is_read_otherwise(desk: Desk) -> None:
    before = desk.material()
    desk.take(DIARY, "diary.txt", WritingKind.DIARY)
    desk.take(sent(ANN.id), "a.eml")
    after = desk.material(0.9)
    chats = len(before.train)
    assert before.pages == 0 and before.writings == ()
    assert after.pages == len(after.train) - chats == 3
    assert after.train[:chats] == before.train and after.validation == before.validation
    ids = [[render(one.scene, one.turns, desk.log.codec).ids for one in each.train[:chats]] for each in (before, after)]
    assert ids[0] == ids[1]
    epochs = [epoch_of(each.train, desk.log.codec, TUNED, 0, 0).samples for each in (before, after)]
    assert [one.ids for one in epochs[0]] == [one.ids for one in epochs[1][:chats]]


def test_days_that_are_measured_are_not_learnt(desk: Desk) -> None:
    desk.take(DIARY, "diary.txt", WritingKind.DIARY)
    desk.take("No day is known of this.", "loose.txt", WritingKind.DIARY)
    desk.take(sent(ANN.id, when="Wed, 04 Mar 2026 23:30:00 -0500"), "late.eml")
    splits = Splits((date(2026, 3, 1),), date(2026, 3, 5), date(2026, 3, 6))
    found = desk.pages(splits)
    diary, email = found.accounts
    assert (diary.read, diary.usable, diary.learnt) == (4, 3, 3)
    assert diary.lost == {"of days that are kept to measure on": 1}
    assert (email.learnt, email.lost) == (0, {"of days that are kept to measure on": 1}), "there it was the 5th in UTC"
    assert "measured" not in "".join(desk.shown(found)) and "No day is known" in "".join(desk.shown(found))


def test_without_consent_nothing_of_it_is_learnt(desk: Desk) -> None:
    desk.take(DIARY, "diary.txt", WritingKind.DIARY)
    desk.agree(Use.TRAINING, Use.RUNNING)
    found = desk.pages()
    assert found.dialogues == ()
    assert [dict(one.lost) for one in found.accounts] == [{"nobody agreed that they are learnt (`echoes consent`)": 3}]


def test_who_is_left_out_takes_their_letters_along(desk: Desk, tmp_path: Path) -> None:
    desk.take(LETTER, "letter.txt", WritingKind.LETTER)
    desk.take(mailbox(sent("Gran <gran@example.org>"), sent("tom@example.org", number=2, text="Come, Tom.")), "Sent")
    contacts = tuple(
        replace(one, left_out=True, accounts=(*one.accounts, Account("email", f"{one.slug}@example.org")))
        for one in PEOPLE.contacts
    )
    everything = desk.pages()
    assert len(everything.dialogues) == 3
    desk.people(contacts)
    found = desk.pages()
    assert ["Come, Tom." in one for one in desk.shown(found)] == [True]
    assert {one.kind: dict(one.lost) for one in found.accounts} == {
        WritingKind.LETTER: {"to somebody who is left out": 1},
        WritingKind.EMAIL: {"to somebody who is left out": 1},
    }
    record = tmp_path / "training.json"
    for pages, expected in ((everything, True), (found, False)):
        sources = Sources.of(pages.dialogues, pages.recipients)
        record.write_text(
            f'{{"sources": {{"salt": "{sources.salt}", "senders": {list(sources.senders)}}}}}'.replace("'", '"')
        )
        assert holds(record, (Account("email", "gran@example.org"),)) is expected
    assert Sources.of(everything.dialogues, ()).digest != Sources.of(found.dialogues, ()).digest


def test_what_another_account_wrote_is_not_theirs(desk: Desk) -> None:
    desk.take(sent(ANN.id), "a.eml")
    save_people(desk.workspace.people, PEOPLE)
    [account] = desk.pages().accounts
    assert account.learnt == 0 and list(account.lost) == [
        "by an account that is not the subject's (`echoes subject --also`)"
    ]


def test_their_share_is_bounded_and_the_newest_of_each_come_first(desk: Desk) -> None:
    lines = [
        f"2025-{month:02}-{day:02}\nmonth {month} day {day} " + "word " * 30 for month in (1, 2) for day in (1, 2, 3)
    ]
    desk.take("\n\n".join(lines), "diary.txt", WritingKind.DIARY)
    chats = sum(sum(render(d.scene, d.turns, desk.log.codec).loss_mask(d.context)) for d in desk.log.dialogues())

    def learnt(share: float, times: int) -> list[str]:
        found = desk.pages(share=share, chats=times)
        tokens = sum(sum(render(d.scene, d.turns, desk.log.codec).loss_mask()) for d in found.dialogues)
        assert tokens <= share * (tokens + chats * times)
        [account] = found.accounts
        assert account.read == account.learnt + sum(account.lost.values()) == 6
        return [one.turns[0].bubbles[0].text[:13] for one in found.dialogues]

    size = 170  # tokens of one of these pages, about
    assert learnt(0.5, -(-2 * size // chats)) == ["month 1 day 3", "month 2 day 3"]
    assert len(learnt(0.5, 40)) == 6
    assert learnt(0.0, 40) == []


def test_what_is_long_comes_in_pages_that_fit_and_loses_nothing(desk: Desk) -> None:
    sentences = " ".join(f"This is sentence number {n}, and it says a little." for n in range(60))
    text = "\n\n".join(["A line.", sentences, "字" * 900, "x" * 2000, "The end."])
    desk.take(text, "novel.txt", WritingKind.DIARY)
    found = desk.pages(share=0.99, chats=99, length=700)
    assert len(found.dialogues) > 5 and found.accounts[0].learnt == 1
    for page in found.dialogues:
        assert len(render(page.scene, page.turns, desk.log.codec).ids) <= 700
    goes_on = [page.scene.page is not None and page.scene.page.goes_on for page in found.dialogues]
    assert goes_on == [False, *[True] * (len(goes_on) - 1)]
    assert "It goes on from before." in desk.prompt(found.dialogues[1])
    learnt = "".join(
        desk.log.codec.tokenizer.decode([one.target for one in sample_of(page, desk.log.codec).places])
        for page in found.dialogues
    )
    assert "".join(learnt.split()) == "".join(text.split())
