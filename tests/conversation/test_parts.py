"""What the owner lets the avatar do in each group, how often, and what is noted of each message."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.chat.decision import Addressed, Calibration
from bot.clock import Clock
from bot.config import ConversationConfig, parse_config
from bot.config.conversation import Part
from bot.conversation.policy import part_in, replies_left
from bot.message import Account, Chat, ChatKind
from bot.outcome import Gate
from bot.store.journal import Journal
from tests.conversation.stage import MEI, NOBODY, OMA, QUICK, Stage, quick

GROUP = Chat("stage", "g", ChatKind.GROUP, "Climbers")
ALWAYS = Calibration(bias=3.0, model=0.0)


class Watch(Clock):
    """A clock that is set by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at


def gates(stage: Stage, group: Chat = GROUP) -> list[tuple[Gate, bool]]:
    return [(one.outcome.gate, one.outcome.answer) for one in stage.journal.outcomes(group, 50)]


async def say(stage: Stage, *texts: str) -> None:
    """Each is handled before the next one comes."""
    for text in texts:
        await stage.says(MEI, text, group="g", addressed="@Nora" in text)
        await stage.settled()


def conversation(text: str) -> ConversationConfig:
    return parse_config(f"conversation: {{{text}}}").conversation


@pytest.mark.parametrize(
    ("groups", "parts"),
    [
        ("all", ("decided", "decided")),
        ("none", ("off", "off")),
        ("addressed", ("addressed", "addressed")),
        ("['stage:g']", ("decided", "off")),
        ("{'stage:g': addressed}", ("addressed", "decided")),
        ("{'stage:g': decided, others: off}", ("decided", "off")),
        ("{'stage:g': off, others: addressed}", ("off", "addressed")),
        ("{}", ("decided", "decided")),
    ],
)
def test_each_group_by_itself(groups: str, parts: tuple[Part, Part]) -> None:
    config = conversation(f"groups: {groups}")
    assert (part_in(config, ["stage:g"]), part_in(config, ["stage:h"])) == parts
    assert part_in(config, ["stage:new", "stage:g"]) == parts[0 if "stage:g" in groups else 1], "it moved"


def test_a_third_of_the_budget_is_kept_for_what_is_addressed() -> None:
    config = conversation("replies_per_hour: {'stage:g': 6, 'stage:one': 1, others: 3}")

    def most(key: str, *, addressed: bool) -> int:
        return next(given for given in range(99) if not replies_left(config, [key], given, addressed=addressed))

    assert [most(key, addressed=True) for key in ("stage:g", "stage:one", "stage:h")] == [6, 1, 3]
    assert [most(key, addressed=False) for key in ("stage:g", "stage:one", "stage:h")] == [4, 0, 2]
    assert replies_left(QUICK, ["stage:g"], 10_000, addressed=False), "none was set"
    named = conversation("replies_per_hour: {'stage:g': 1}")
    assert replies_left(named, ["stage:h"], 10_000, addressed=False), "none was set for this one"


async def test_where_it_answers_only_when_addressed(tmp_path: Path) -> None:
    stage = Stage(tmp_path, quick(groups={"stage:g": "addressed"}), calibration=ALWAYS)
    await say(stage, "football tonight", "what do you say, Nora?", "and at seven", "@Nora?")
    assert stage.heard("g") == ["ok", "ok"] and "football tonight" in stage.engine.prompts[0]
    assert gates(stage) == [
        (Gate.UNADDRESSED, False),
        (Gate.DECIDED, True),
        (Gate.UNADDRESSED, False),
        (Gate.DECIDED, True),
    ]
    stage.journal.close()


async def test_the_budget_outlives_a_restart_and_comes_back_with_the_hour(tmp_path: Path) -> None:
    clock = Watch()
    stage = Stage(tmp_path, quick(replies_per_hour=3, stale_hours=24), calibration=ALWAYS, clock=clock)
    await say(stage, "one", "two", "three")
    assert len(stage.heard("g")) == 2, "the last one is kept for who addresses it"
    await stage.restart()
    await say(stage, "four", "@Nora five", "@Nora six")
    assert len(stage.heard("g")) == 3
    assert [gate for gate, _ in gates(stage)] == [Gate.DECIDED, Gate.DECIDED, Gate.BUDGET, Gate.BUDGET, Gate.DECIDED,
                                                  Gate.BUDGET]  # fmt: skip
    spent = stage.journal.outcomes(GROUP, 1)[0].outcome
    assert spent.decision is not None and spent.decision.answer and not spent.answer
    await stage.says(MEI, "another chat", group="h")
    await stage.settled()
    assert len(stage.heard("h")) == 1, "each group has its own"
    clock.at += timedelta(minutes=61)
    await say(stage, "seven")
    assert len(stage.heard("g")) == 4
    stage.journal.close()


async def test_what_settled_each_message_is_noted(tmp_path: Path) -> None:
    stage = Stage(tmp_path, quick(answer="contacts"), calibration=ALWAYS)
    stage.engine.say = lambda prompt: "o" * 20
    await stage.says(NOBODY, "who are you?", group="g")
    await stage.says(OMA, "beep", group="g", from_bot=True)
    await stage.says(OMA, "long ago", group="g", ago=timedelta(hours=5))
    await stage.settled()
    stage.engine.delay = 0.01
    await stage.says(MEI, "Nora?", group="g")
    await stage.asked_again()
    await stage.says(OMA, "and bring a rope", group="g")
    await stage.settled()
    assert gates(stage) == [
        (Gate.STRANGER, False),
        (Gate.BOT, False),
        (Gate.STALE, False),
        (Gate.DECIDED, True),
        (Gate.JOINED, True),
    ]
    await stage.says(MEI, "hi")
    await stage.settled()
    assert stage.journal.outcomes(Chat("stage", "1", ChatKind.PRIVATE), 9) == []
    stage.journal.close()


async def test_where_it_takes_no_part(tmp_path: Path) -> None:
    stage = Stage(tmp_path, quick(groups={"stage:g": "off"}), calibration=ALWAYS)
    await say(stage, "Nora?")
    assert stage.platform.sent == [] and gates(stage) == [(Gate.OFF, False)]
    stage.journal.close()


async def test_why_goes_with_the_message(tmp_path: Path) -> None:
    stage = Stage(tmp_path, QUICK, calibration=Calibration(bias=-3.0))
    await say(stage, "one")
    await stage.says(OMA, "two", group="g")
    deleted = await stage.says(OMA, "three", group="g")
    await stage.settled()
    assert len(gates(stage)) == 3
    await stage.conversations.deleted(deleted.chat, [deleted.id])
    assert len(gates(stage)) == 2
    await stage.says(MEI, "/forget")
    await stage.settled()
    [left] = stage.journal.outcomes(GROUP, 9)
    assert left.entry.text == "two"
    stage.journal.purge(datetime.now(UTC) + timedelta(hours=1))
    assert gates(stage) == [], "the newest message of a chat keeps its id alone"
    stage.journal.close()


async def test_after_stop_nothing_is_told_but_that(tmp_path: Path) -> None:
    stage = Stage(tmp_path, QUICK, calibration=ALWAYS)
    await stage.says(OMA, "/stop", group="g")
    await stage.settled()
    await stage.says(OMA, "secret plans", group="g")
    await stage.settled()
    [stopped] = stage.journal.outcomes(GROUP, 9)
    assert stopped.outcome.gate is Gate.STOPPED and stopped.entry.text == "" and stopped.outcome.decision is None
    stage.journal.close()


async def test_another_process_reads_them_while_it_runs(tmp_path: Path) -> None:
    rule = Calibration(-1.0, 0.0, {"question": 3.0}, 0.5, addressed=Addressed(threshold=0.2))
    stage = Stage(tmp_path, QUICK, calibration=rule)
    await say(stage, "who cooks?", "@Nora you")
    other = Journal.open(tmp_path / "journal.sqlite")
    asked, called = [one.outcome.decision for one in other.outcomes(GROUP, 9)]
    other.close()
    assert asked is not None and called is not None
    assert [(term.name, term.contribution) for term in asked.terms] == [("question", 3.0)]
    assert (called.addressed, called.threshold, called.answer) == (True, 0.2, True)
    stage.journal.close()


async def named(folder: Path, seconds: float, rule: Addressed | None) -> int:
    """Others talk, it says one thing, and then eight messages name it, so many seconds apart. How many it answers."""
    clock = Watch()
    stage = Stage(folder, quick(stale_hours=24), calibration=Calibration(bias=-9.0, model=0.0), clock=clock)

    async def goes_on(who: Account, text: str) -> None:
        clock.at += timedelta(seconds=seconds)
        await stage.says(who, text, group="g")
        await stage.settled()

    for _ in range(10):
        await goes_on(OMA, "so I said no")
    stage.conversations.avatar.calibration = ALWAYS
    await goes_on(MEI, "and you?")
    weights = {"rate_one_minute": 4.0, "rate_two_minutes": 2.0, "addressed": 0.3}
    stage.conversations.avatar.calibration = Calibration(-6.0, 0.0, weights, 0.25, 0.25, rule)
    for text in ("why?", "ok then", "when?", "where?", "right", "who?", "how?", "fine"):
        await goes_on(MEI, f"Nora, {text}")
    stage.journal.close()
    return len(stage.heard("g")) - 1


async def test_who_names_it_at_typing_speed_is_answered_as_often_as_by_the_person(tmp_path: Path) -> None:
    """The person answers five of these eight. Decided like all others, its small share of the last minutes, in which
    others type fast, silences every one; and each silence makes that share smaller."""
    for name in ("alike", "alike and slow", "fast", "slow"):
        (tmp_path / name).mkdir()
    assert await named(tmp_path / "alike", 4, None) == 0 < await named(tmp_path / "alike and slow", 40, None)
    by_itself = Addressed(-2.0, 0.0, {"question": 2.0}, 0.3)
    assert await named(tmp_path / "fast", 4, by_itself) == await named(tmp_path / "slow", 40, by_itself) == 5
