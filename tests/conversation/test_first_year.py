"""A year in which the avatar begins by itself: never oftener than the person, never at night, never against a word."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from bot import disclosure
from bot.clock import Clock
from bot.config import SpeakFirstConfig
from bot.conversation.initiative.initiative import Initiative
from bot.message import Account, Chat
from bot.people import Contact, People
from tests.conversation.lifetime import BEGAN, Hands, known, lived, pass_time
from tests.conversation.stage import NORA, Stage, StagePlatform, quick

YEAR, FOUR_WEEKS = timedelta(days=365), timedelta(days=28)
NAMES = ("answers", "never", "sometimes", "stops", "unasked")
ACCOUNTS = {name: Account("stage", str(number)) for number, name in enumerate(NAMES, 1)}
HOURS = {"answers": (7, 12, 19), "never": (20, 21), "sometimes": (18, 23, 2), "stops": (9, 20), "unasked": (12, 20)}
A_WEEK = {"answers": 3.0, "never": 1.5, "sometimes": 0.7, "stops": 2.0, "unasked": 1.0}
STOPPED = BEGAN + timedelta(days=120)


class DatedPlatform(StagePlatform):
    """Knows when the avatar began, and when it said that it will not do so again."""

    def __init__(self, hands: Hands) -> None:
        super().__init__()
        self.hands = hands
        self.openings: dict[str, list[datetime]] = {name: [] for name in NAMES}
        self.promised: list[datetime] = []
        self.unread: list[str] = []

    async def send(self, chat: Chat, text: str, key: str) -> str:
        name = NAMES[int(chat.id) - 1]
        if text == disclosure.began(NORA, "en", ""):
            self.openings[name].append(self.hands.at)
            self.unread.append(name)
        elif text == disclosure.left_alone(NORA, "en"):
            self.promised.append(self.hands.at)
        return await super().send(chat, text, key)


def used_to_begin(chance: random.Random, name: str) -> list[datetime]:
    """A year of beginnings by chance, at this contact's hours."""
    days = [BEGAN - timedelta(days=day, hours=12) for day in range(365, 0, -1)]
    chosen = [day for day in days if chance.random() < A_WEEK[name] / 7]
    return [day + timedelta(hours=chance.choice(HOURS[name]), minutes=chance.randrange(50)) for day in chosen]


def most(times: Sequence[datetime]) -> int:
    return max((sum(at <= other < at + FOUR_WEEKS for other in times) for at in times), default=0)


async def test_a_year_holds_every_limit(tmp_path: Path) -> None:
    chance = random.Random(20)
    before = {name: used_to_begin(chance, name) for name in NAMES}
    lived(tmp_path, {ACCOUNTS[name]: times for name, times in before.items()})
    people = People.of(tuple(Contact(name, name.title(), "friend", (account,)) for name, account in ACCOUNTS.items()))
    hands = Hands()
    platform = DatedPlatform(hands)
    stage = Stage(tmp_path, quick(gather_seconds=0), known(people, *NAMES[:-1]), platform=platform, clock=Clock(hands))
    stage.journal._db.execute("PRAGMA synchronous = OFF")  # nobody pulls the plug here
    for account in ACCOUNTS.values():
        await stage.says(account, "hello?")
    await stage.settled()
    limits = SpeakFirstConfig(most_a_week=14, from_hour=7, wait_days=2)
    initiative = Initiative(stage.conversations.avatar, stage.conversations, stage.journal, limits, stage.clock, chance)

    async def they_answer() -> None:
        while platform.unread:
            name = platform.unread.pop()
            if name == "stops" and hands.at > STOPPED:
                await stage.says(ACCOUNTS[name], "别发了")
            elif name in ("answers", "stops") or (name == "sometimes" and chance.random() < 0.6):
                await stage.says(ACCOUNTS[name], "oh, hi")
            await stage.settled()

    await pass_time(stage, initiative, hands, YEAR, they_answer, timedelta(minutes=12))
    sent = platform.openings
    for name in NAMES:
        assert most(sent[name]) <= most(before[name])
        assert len(sent[name]) <= len(before[name]) * 1.1, "at most what the person did"
        assert {at.hour for at in sent[name]} <= {hour for hour in HOURS[name] if 7 <= hour < 22}
    assert len(sent["answers"]) > len(before["answers"]) / 2, "and not much seldomer"
    assert len(sent["never"]) == 2 and sent["unasked"] == []
    [word] = platform.promised
    assert word > STOPPED and len(sent["stops"]) > 10 and max(sent["stops"]) <= word
    await stage.conversations.drain(0)
    stage.journal.close()
