"""What became of each message of a group, and why: numbers beside the message, and gone when it is."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from bot.message import Chat, ChatKind
from bot.outcome import Decision, Gate, Outcome, Term
from bot.store.journal.database import Database
from bot.store.journal.entries import COLUMNS, Entry, chat_of, entry_of


@dataclass(frozen=True, slots=True)
class Settled:
    """A message of a group, and what became of it."""

    entry: Entry
    outcome: Outcome


class Outcomes(Database):
    """The journal's part that remembers decisions."""

    def became(self, seq: int, outcome: Outcome) -> None:
        """Notes what became of a message; what was noted of it before is replaced."""
        made = outcome.decision
        terms = [(term.name, round(term.value, 4), term.usual, term.weight) for term in made.terms] if made else []
        with self._change() as db:
            db.execute(
                "INSERT OR REPLACE INTO decisions VALUES (?,?,?,?,?,?,?,?)",
                (
                    seq,
                    outcome.gate,
                    outcome.answer,
                    made and made.probability,
                    made and made.threshold,
                    made and made.model,
                    made and made.addressed,
                    json.dumps(terms) if terms else "",
                ),
            )

    def has_outcome(self, seq: int) -> bool:
        return bool(self._read("SELECT 1 FROM decisions WHERE seq = ?", (seq,)))

    def outcomes(self, chat: Chat, count: int) -> list[Settled]:
        """The newest messages of a group that something became of, oldest first."""
        rows = self._read(
            f"SELECT {COLUMNS}, gate, answer, probability, threshold, model, decisions.addressed AS called, terms"
            " FROM decisions JOIN entries ON entries.seq = decisions.seq JOIN chats ON chats.key = entries.chat"
            " WHERE chat = ? ORDER BY decisions.seq DESC LIMIT ?",
            (chat.key, count),
        )
        return [Settled(entry_of(row), _outcome_of(row)) for row in reversed(rows)]

    def groups(self) -> list[tuple[Chat, int]]:
        """The groups that are known, under the ids that they have now, and of how many messages it is noted why."""
        rows = self._read(
            "SELECT chats.*, count(decisions.seq) AS noted FROM chats LEFT JOIN entries ON entries.chat = chats.key"
            " LEFT JOIN decisions ON decisions.seq = entries.seq"
            " WHERE chats.kind = ? AND chats.key NOT IN (SELECT old FROM moved)"
            " GROUP BY chats.key ORDER BY max(entries.at) DESC",
            (ChatKind.GROUP,),
        )
        return [(chat_of(row), int(row["noted"])) for row in rows]

    def replies_since(self, chat: Chat, at: datetime) -> int:
        """How many replies a chat was given since that time, those on their way included."""
        counted = (
            "SELECT count(DISTINCT reply) FROM entries"
            " WHERE chat = ? AND kind = 'bubble' AND state != 'dropped' AND at > ?"
        )
        return int(self._read(counted, (chat.key, at.timestamp()))[0][0])


def _outcome_of(row: sqlite3.Row) -> Outcome:
    decision = None
    if row["probability"] is not None:
        terms = tuple(Term(*term) for term in json.loads(row["terms"] or "[]"))
        shown = row["probability"], row["threshold"], row["model"]
        decision = Decision(row["probability"] >= row["threshold"], *shown, terms, bool(row["called"]))
    return Outcome(Gate(row["gate"]), bool(row["answer"]), decision)
