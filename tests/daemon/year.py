"""A year that nobody looks after: many chats, photos, retention and the avatar's own beginnings, on a fast clock.

    python -m tests.daemon.year --days 365 --chats 50

Real are the journal, the workers, the retention and the photos; the model is a stub, and the platform forgets what it
was sent. Every four weeks it says what the process and its files hold, and how long an answer takes: in CPU time, and
by the clock, which counts whatever else the machine does.
"""

import argparse
import asyncio
import gc
import io
import os
import random
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator
from dataclasses import astuple, dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path

from PIL import Image

from bot import disclosure
from bot.chat.decision import Calibration
from bot.chat.prompt import Prompt
from bot.cli.table import table
from bot.clock import Clock
from bot.config import RetentionConfig, SpeakFirstConfig
from bot.conversation import Conversations
from bot.conversation.avatar import Avatar
from bot.conversation.initiative.initiative import Initiative
from bot.daemon.retention import Retention
from bot.logs import start_logging
from bot.media import MediaStore
from bot.message import PHOTO, Account, Attachment, Chat, ChatKind, Message
from bot.observer import Unobserved
from bot.people import Contact, People
from bot.sampling import Sampling
from bot.store.journal import Journal
from bot.store.past import Past
from tests.conversation.lifetime import BEGAN, Hands, known, lived
from tests.conversation.stage import NORA, ScriptedEngine, StagePlatform, quick
from tests.support import byte_codec

LOOKS_EVERY, LETS_GO_EVERY = timedelta(minutes=10), timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Life:
    """chats: of which every fifth is a group. messages: a chat and day, on average. photos: the share that has one."""

    days: int = 365
    chats: int = 50
    messages: float = 2.0
    photos: float = 0.1
    journal_days: float = 90
    photos_mb: float = 20
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Figures:
    """What is held at the end of a day; answers are of the weeks since the figures before."""

    day: int
    rss_mb: float
    objects: int
    tasks: int
    workers: int
    entries: int
    journal_kb: int
    wal_kb: int
    photos_kb: int
    log_kb_a_day: float
    begun: int
    answers: int
    cpu_ms: float
    median_ms: float
    p95_ms: float


class Writer(ScriptedEngine):
    """Says something of a person's length, and remembers nothing."""

    async def reply(self, chat: str, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[str, None]:
        yield "okok\n" + "that is what I thought, too " * (len(prompt.ids) % 4)


class ForgetfulPlatform(StagePlatform):
    """Counts what it was sent, and how often the avatar began."""

    bubbles = begun = 0

    async def send(self, chat: Chat, text: str, key: str) -> str:
        self.bubbles += 1
        self.begun += text == disclosure.began(NORA, "en", "")
        return f"out{self.bubbles}"

    async def typing(self, chat: Chat) -> None:
        """Nobody looks."""

    async def fetch(self, ref: str, limit: int) -> bytes:
        """Noise of 30 kilobytes, another each time."""
        buffer = io.BytesIO()
        Image.frombytes("RGB", (100, 100), random.Random(int(ref)).randbytes(30_000)).save(buffer, "PNG")
        return buffer.getvalue()


class Counted:
    """A stream that counts what is logged."""

    written = 0

    def write(self, text: str) -> None:
        self.written += len(text.encode())

    def flush(self) -> None:
        """Nothing waits."""


class Year:
    """One avatar, its people, and what they say."""

    def __init__(self, root: Path, life: Life) -> None:
        self.life = life
        self.chance = random.Random(life.seed)
        self.hands = Hands()
        clock = Clock(self.hands)
        self.accounts = [Account("stage", str(number)) for number in range(1, life.chats + 1)]
        contacts = tuple(Contact(f"c{one.id}", f"Contact {one.id}", "friend", (one,)) for one in self.accounts)
        lived(root, {one: self._evenings() for one in self.accounts[:5]})
        media = MediaStore(root / "received")
        self.platform, self.log = ForgetfulPlatform(), Counted()
        people = known(People.of(contacts), *(one.slug for one in contacts[:5]))
        limits = SpeakFirstConfig()
        config = quick(gather_seconds=0, speak_first=limits)
        self.journal = Journal.open(root / "journal.sqlite", clock.now)
        avatar = Avatar(
            Writer(byte_codec(media)), NORA, people, Calibration(threshold=0.95), Sampling(max_tokens=100), config,
            media, Past(root / "corpus.sqlite"),
        )  # fmt: skip
        self.conversations = Conversations(avatar, self.journal, {"stage": self.platform}, Unobserved(), clock)
        self.initiative = Initiative(avatar, self.conversations, self.journal, limits, clock, self.chance)
        keeps = RetentionConfig(journal_days=life.journal_days, photos_mb=life.photos_mb)
        self.retention = Retention(self.journal, media, keeps, self.hands)
        self.root, self.number, self.answers, self.cpu = root, 0, list[float](), 0.0

    def _evenings(self) -> list[datetime]:
        return [BEGAN - n * timedelta(days=3.5) + timedelta(hours=8) for n in range(60, 0, -1)]

    async def live(self, every: int) -> list[Figures]:
        """Lives all the days; returns the figures of every so many of them."""
        found: list[Figures] = []
        for day in range(1, self.life.days + 1):
            await self._day(BEGAN + (day - 1) * DAY)
            if day % every == 0 or day == self.life.days:
                found.append(self._figures(day, day - found[-1].day if found else day))
        return found

    async def close(self) -> None:
        await self.conversations.drain(1)
        self.journal.close()

    async def _day(self, morning: datetime) -> None:
        said = sorted(self._said(morning), key=lambda one: one.sent_at)
        self._date_photos()
        await self.retention.run()
        while self.hands.at < morning + DAY:
            self.hands.at += LOOKS_EVERY
            while said and said[0].sent_at <= self.hands.at:
                await self._says(said.pop(0))
            await self.initiative.look()
            await self._done()
            if self.hands.at.minute == 0:
                self.conversations.let_go()

    def _date_photos(self) -> None:
        """The machine that the files' times come from has another clock."""
        for path in (self.root / "received").glob("??/*"):
            if path.stat().st_mtime > self.hands():
                os.utime(path, (self.hands(), self.hands() - 3600))

    def _said(self, morning: datetime) -> Iterator[Message]:
        """What people say on a day: now and then a burst of some messages, in a group of several people."""
        for number, account in enumerate(self.accounts):
            group = number % 5 == 4
            chat = Chat("stage", account.id, ChatKind.GROUP if group else ChatKind.PRIVATE, "Group" if group else "")
            if self.chance.random() > 0.5:
                continue
            at = morning + timedelta(minutes=self.chance.randrange(1380))
            for _ in range(1 + round(self.chance.expovariate(1 / max(2 * self.life.messages - 1, 0.1)))):
                self.number += 1
                photo = (Attachment(PHOTO, str(self.number)),) if self.chance.random() < self.life.photos else ()
                sender = self.chance.choice(self.accounts) if group else account
                words = "are you there? " * self.chance.randint(1, 5)
                yield Message(chat, f"in{self.number}", sender, f"Contact {sender.id}", at, words, photo)
                at += timedelta(minutes=self.chance.choice((1, 2, 15)))

    async def _says(self, message: Message) -> None:
        began, cpu = time.perf_counter(), time.process_time()
        await self.conversations.receive(message)
        await self._done()
        self.answers.append((time.perf_counter() - began) * 1000)
        self.cpu += (time.process_time() - cpu) * 1000

    async def _done(self) -> None:
        """Waits until no chat has anything in hand."""
        here = asyncio.current_task()
        while others := [task for task in asyncio.all_tasks() if task is not here]:
            await asyncio.wait(others)

    def _figures(self, day: int, days: int) -> Figures:
        gc.collect()
        answers, self.answers = sorted(self.answers), []
        cpu, self.cpu = self.cpu, 0.0
        logged, self.log.written = self.log.written, 0
        [[entries]] = self.journal._read("SELECT count(*) FROM entries")
        return Figures(
            day,
            round(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6, 1),
            len(gc.get_objects()),
            len(asyncio.all_tasks()),
            len(self.conversations._workers),
            entries,
            _kb(self.root / "journal.sqlite"),
            _kb(self.root / "journal.sqlite-wal"),
            sum(path.stat().st_size for path in (self.root / "received").rglob("*") if path.is_file()) // 1000,
            round(logged / days / 1000, 1),
            self.platform.begun,
            len(answers),
            round(cpu / len(answers), 1),
            round(statistics.median(answers), 1),
            round(answers[int(len(answers) * 0.95)], 1),
        )


def _kb(path: Path) -> int:
    return path.stat().st_size // 1000 if path.exists() else 0


async def lived_through(life: Life, root: Path, every: int = 28) -> list[Figures]:
    """The figures of every so many days."""
    year = Year(root, life)
    start_logging(stream=year.log)  # type: ignore[arg-type]
    try:
        return await year.live(every)
    finally:
        await year.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for field in fields(Life):
        name = "--" + field.name.replace("_", "-")
        parser.add_argument(name, type=type(field.default), default=field.default, metavar="N")
    parser.add_argument("--every", type=int, default=28, metavar="DAYS", help="how often the figures are told")
    given = vars(parser.parse_args())
    every = given.pop("every")
    with tempfile.TemporaryDirectory() as root:
        found = asyncio.run(lived_through(Life(**given), Path(root), every))
    head = [field.name.replace("_", " ") for field in fields(Figures)]
    print(table(head, [tuple(str(cell) for cell in astuple(one)) for one in found]))


if __name__ == "__main__":
    main()
