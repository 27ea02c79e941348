"""What the journal is asked before each answer, and how long it takes in a group of which much is kept.

python -m tests.daemon.full_journal --messages 100000
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bot.message import Chat, ChatKind
from bot.store.journal import Journal

GROUP = Chat("stage", "1", ChatKind.GROUP, "Climbers")


def filled(path: Path, messages: int) -> Journal:
    """A journal that holds so many messages of one group, all settled."""
    journal = Journal.open(path)
    with journal._change() as db:
        db.execute("INSERT INTO chats VALUES (?, ?, ?, ?, ?)", (GROUP.key, "stage", "1", "group", "Climbers"))
        db.executemany(
            "INSERT INTO entries (chat, kind, state, at, native_id, sender_platform, sender_id, text)"
            " VALUES (?, 'message', 'silent', ?, ?, 'stage', '9', 'hello there')",
            ((GROUP.key, float(number), f"in{number}") for number in range(messages)),
        )
    return journal


def milliseconds(ask: Callable[[], object], times: int = 20) -> float:
    began = time.process_time()
    for _ in range(times):
        ask()
    return (time.process_time() - began) / times * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    with tempfile.TemporaryDirectory() as folder:
        journal = filled(Path(folder) / "journal.sqlite", parser.parse_args().messages)
        questions: dict[str, Callable[[], object]] = {
            "what waits": lambda: journal.pending(GROUP),
            "what is to be sent": lambda: journal.outbox(GROUP),
            "whether a notice was said": lambda: journal.noticed(GROUP, "I am an AI."),
            "the last 400": lambda: journal.recent(GROUP, 400),
        }
        for name, ask in questions.items():
            print(f"{name}: {milliseconds(ask):.2f} ms of CPU")
        journal.close()


if __name__ == "__main__":
    main()
