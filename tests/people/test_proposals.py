"""What the chats suggest of who is who: rather nothing than something wrong, and nothing is changed unasked."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import main
from bot.errors import ExitCode
from bot.message import Account
from bot.people import People, load_people, save_people
from tests.people.crowd import Crowd, Group, Somebody
from tests.people.measure import Found, everybody, measured, of_crowd
from training.data.proposals.address import called, calls_self, in_name
from training.data.proposals.names import Likeness, Name, likeness, same_address
from training.data.proposals.proposal import Sureness

Propose = Callable[..., Found]
Run = Callable[..., str]


@pytest.fixture
def propose(tmp_path: Path) -> Propose:
    """Proposes from chats of Ann Lee, in English."""

    def propose(*contacts: Somebody, groups: tuple[Group, ...] = ()) -> Found:
        crowd = Crowd(dict.fromkeys(("telegram", "whatsapp", "wechat"), "1"), "Ann Lee", "UTC", contacts, groups)
        (tmp_path / "exports").mkdir()
        crowd.write(tmp_path / "exports")
        return measured(tmp_path / "exports", of_crowd(crowd), tmp_path / "avatar")

    return propose


def someone(account: str, name: str, lines: str = "they: hello\nme: hello", times: int = 4, day: int = 0) -> Somebody:
    return Somebody(account, name, account, "friend", lines, times, day)


def merges(found: Found) -> list[str]:
    return [one.key for one in found.same]


def test_proposals_are_mostly_right_and_merges_nearly_always(tmp_path: Path) -> None:
    """The floor of what docs/results.md tells; of the invented people some share their names on purpose."""
    found = dict(everybody(tmp_path))
    sample = [found["sample (en)"], found["sample (zh)"]]
    assert [(one.right_merges(), one.pairs) for one in sample] == [((3, 3), 3), ((1, 1), 3)]
    assert [one.right_relations for one in sample] == [(9, 9), (4, 5)], "a room-mate of student days writes as a friend"
    sure = [one.right_merges(Sureness.MIDDLE) for one in found.values()]
    assert all(right == proposed for right, proposed in sure), "a merge that is at least probable is right"
    right, proposed = map(sum, zip(*(one.right_merges() for one in found.values()), strict=True))
    assert right >= 11 and proposed - right <= 1
    right, proposed = map(sum, zip(*(one.right_relations for one in found.values()), strict=True))
    assert right >= 50 and right / proposed >= 0.97


def test_one_full_name_on_two_platforms_is_perhaps_one_person(propose: Propose) -> None:
    found = propose(someone("telegram:2", "Sam Field"), someone("whatsapp:3", "Sam Field"))
    assert [(one.sureness, one.reasons) for one in found.same] == [(Sureness.LOW, ("both are called Sam Field",))]


def test_who_writes_in_the_same_group_is_two_people_whatever_they_are_called(propose: Propose) -> None:
    twins = someone("telegram:2", "Sam Field"), someone("telegram:3", "Sam Field", day=60)
    group = Group("telegram:9", "Trip", "telegram:2: hi\ntelegram:3: hi\nme: two Sams!")
    assert merges(propose(*twins, groups=(group,))) == []


def test_one_account_that_takes_over_from_another_of_the_same_platform(propose: Propose) -> None:
    assert merges(propose(someone("telegram:2", "Sam Field"), someone("telegram:3", "Sam Field", day=20)))


def test_two_accounts_of_one_platform_at_the_same_time_are_two(propose: Propose) -> None:
    assert merges(propose(someone("telegram:2", "Sam Field"), someone("telegram:3", "Sam Field"))) == []


def test_a_given_name_alone_is_nothing(propose: Propose) -> None:
    assert merges(propose(someone("telegram:2", "Sam"), someone("whatsapp:3", "sam 🙂"))) == []


def test_who_is_written_to_politely_is_nobody_who_is_written_to_playfully(propose: Propose) -> None:
    politely = "they: The report?\nme: Dear Sam, certainly. Kind regards, Ann\nthey: Thank you"
    playfully = "they: pub\nme: lol omg yes\nthey: now"
    found = propose(someone("telegram:2", "Sam Field", politely), someone("whatsapp:3", "Sam Field", playfully))
    assert merges(found) == []


def test_the_same_number_on_two_platforms(propose: Propose) -> None:
    found = propose(someone("whatsapp:+44 7700 900123", "Sam"), someone("telegram:3", "07700 900123"))
    assert [one.reasons[0] for one in found.same] == ["they have the same phone number"]


def test_a_name_that_two_bear_on_one_platform_tells_nothing(propose: Propose) -> None:
    found = propose(*(someone(one, "Sam Field") for one in ("telegram:2", "whatsapp:3", "whatsapp:4")))
    assert merges(found) == []


def test_nobody_is_joined_to_who_they_met_by_way_of_a_third(propose: Propose) -> None:
    found = propose(
        someone("whatsapp:+44 7700 900123", "Sam Field", times=12),
        someone("telegram:2", "Sam Field"),
        someone("telegram:3", "+44 7700 900123"),
        groups=(Group("telegram:9", "Trip", "telegram:2: hi\ntelegram:3: hi\nme: hi"),),
    )
    assert merges(found) == ["sam-field+44-7700-900123"], "the number is surer than the name"


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("Dear Mum, yes please", "mum"),
        ("love you mommy", "mum"),
        ("yes, Grandma. I had bread", "grandma"),
        ("Hello Uncle Bern, it is yours", "uncle bern"),
        ("thanks boss!", "boss"),
        ("亲爱的外婆，我吃过了", "外婆"),
        ("周姐早，三校周五给您", "周姐"),
        ("收到，谢谢王老师", "王老师"),
        ("妈，我到了", "妈"),
        ("can't tell mum yet", None),
        ("my mum says hi", None),
        ("mum says hi", None),
        ("妈早知道了", None),
        ("我妈在家", None),
        ("love it", None),
        ("miss you", None),
        ("the boss is away", None),
        ("老师布置的作业", None),
    ],
)
def test_who_is_spoken_to_is_told_from_who_is_spoken_of(said: str, word: str | None) -> None:
    assert called(said) == word


def test_what_people_call_themselves_and_are_named() -> None:
    assert [calls_self(said) for said in ("i'm your sister", "See you. Love, Mum x", "我是你舅舅")] == [
        "sister",
        "mum",
        "舅舅",
    ]
    assert [in_name(name) for name in ("Mum 💛", "王老师", "Dr. Osei", "Alice's Mum", "豆豆妈妈", "Dadson")] == [
        "mum",
        "王老师",
        "dr osei",
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Posy Halloran", "posy HALLORAN 🐼", Likeness.FULL),
        ("许澄", "许澄 Cheng", Likeness.FULL),
        ("Bern H", "Bern Halloran", Likeness.INITIAL),
        ("Posy Halloran", "posy in chengdu", Likeness.GIVEN),
        ("小雨", "小雨", Likeness.GIVEN),
        ("张伟", "张伟", Likeness.GIVEN),
        ("Sam Lee", "Sam Field", Likeness.NONE),
        ("Sam Lee", "Sara Lee", Likeness.NONE),
        ("王芳", "王方", Likeness.NONE),
    ],
)
def test_names_are_compared_as_people_write_them(one: str, other: str, alike: Likeness) -> None:
    a, b = Name.of(one), Name.of(other)
    assert a and b
    assert likeness(a, b) is likeness(b, a) is alike


def test_names_of_nobody() -> None:
    assert [Name.of(text) for text in ("Deleted Account", "微信用户", "Mum", "+44 7700 900123", "🐼")] == [None] * 5
    assert same_address("+447700900123", "07700900123")
    assert not same_address("+447700900123", "+447700900124")
    assert not same_address("sam@example.com", "ann@example.com")


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in a workspace of four contacts, of whom two are one."""
    crowd = Crowd(
        {"telegram": "1", "whatsapp": "1"},
        "Ann Lee",
        "UTC",
        (
            someone("telegram:2", "Sam Field", "they: the tulip is a secret\nme: safe with me, boss\nthey: ok"),
            someone("whatsapp:3", "Sam Field", "they: pub?\nme: yes boss"),
            someone("telegram:4", "Mum", "they: dinner?\nme: yes mum"),
            someone("telegram:5", "Kim"),
        ),
        (),
    )
    (tmp_path / "exports").mkdir()
    crowd.write(tmp_path / "exports")

    def run(*words: str, code: int = 0) -> str:
        assert main(["-w", str(tmp_path / "avatar"), *words]) == code
        out, err = capsys.readouterr()
        return err if code else out

    run("init")
    run("import", str(tmp_path / "exports"))
    run("subject", "telegram:1", "whatsapp:1", "--timezone", "UTC")
    run("people")
    return run


def people(tmp_path: Path) -> People:
    return load_people(tmp_path / "avatar" / "people.yaml")


def test_it_shows_with_reasons_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    before = (tmp_path / "avatar" / "people.yaml").read_bytes()
    out = run("people", "propose")
    assert "sam-field+sam-field-2  (probably)" in out
    assert "both are called Sam Field; the subject calls both “boss”" in out
    assert "mum=parent  (almost surely)" in out
    assert "kim" not in out and "tulip" not in out and "pub" not in out
    assert (tmp_path / "avatar" / "people.yaml").read_bytes() == before
    told = json.loads(run("people", "--json", "propose"))
    assert [one["proposal"] for one in told["same"]] == ["sam-field+sam-field-2"]
    assert {one["proposal"] for one in told["relationships"]} >= {"mum=parent", "sam-field=colleague"}


def test_what_is_named_is_taken_over_and_no_more(run: Run, tmp_path: Path) -> None:
    run("people", "propose", "--apply", "sam-field+sam-field-2", "sam-field-2=colleague")
    found = {one.slug: one for one in people(tmp_path).contacts}
    assert found.keys() == {"sam-field", "mum", "kim"}
    assert found["sam-field"].accounts == (Account("telegram", "2"), Account("whatsapp", "3"))
    assert (found["sam-field"].relationship, found["mum"].relationship) == ("colleague", "stranger")
    assert "sam-field" not in run("people", "propose")
    assert "Not proposed: mum=elder" in run("people", "propose", "--apply", "mum=elder", code=ExitCode.USAGE)


def test_whom_the_owner_has_told_apart_stays_apart(run: Run) -> None:
    run("people", "set", "sam-field", "--relationship", "friend")
    run("people", "set", "sam-field-2", "--relationship", "colleague")
    assert "sam-field" not in run("people", "propose")


def test_of_who_is_left_out_nothing_is_read_but_the_name(run: Run, tmp_path: Path) -> None:
    run("people", "leave-out", "mum")
    run("people", "leave-out", "sam-field")
    out = run("people", "propose")
    assert "sam-field-2+sam-field  (perhaps)" in out, "so that all of theirs is left out"
    assert "calls them “mum”" not in out
    run("people", "propose", "--apply", "sam-field-2+sam-field")
    assert {one.slug for one in people(tmp_path).contacts if one.left_out} == {"sam-field-2", "mum"}


def test_without_anybody_it_says_what_to_do(run: Run, tmp_path: Path) -> None:
    save_people(tmp_path / "avatar" / "people.yaml", People.of((), (Account("telegram", "1"),)))
    assert "echoes people" in run("people", "propose", code=ExitCode.USAGE)
