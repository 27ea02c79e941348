"""What people put on messages: kept beside what was said, never waited for and never answered."""

from bot.message import Message
from bot.store.attachments import to_json
from bot.store.journal.database import Database
from bot.store.journal.entries import Kind, State

_SAME = (
    "SELECT seq FROM entries WHERE chat = ? AND kind = 'reaction' AND reply_to = ? AND sender_platform = ?"
    " AND sender_id = ? AND attachments = ?"
)


class Reactions(Database):
    """The journal's part that knows reactions."""

    def put(self, reaction: Message) -> bool:
        """Keeps a reaction to a message that is here, the avatar's own included. False where that one is not, or where
        the reaction is here already."""
        on_it = (
            "SELECT 1 FROM entries WHERE chat = ? AND native_id = ? AND kind IN ('message', 'bubble')"
            " AND state NOT IN ('ignored', 'dropped')"
        )
        sender = reaction.sender
        with self._change() as db:
            if sender is None or not db.execute(on_it, (reaction.chat.key, reaction.reply_to)).fetchone():
                return False
            if db.execute(_SAME, _what(reaction)).fetchone():
                return False
            db.execute(
                "INSERT INTO entries (chat, kind, state, at, sender_platform, sender_id, sender_name, text,"
                " attachments, reply_to, from_bot, era) VALUES (?,?,?,?,?,?,?,'',?,?,?,?)",
                (
                    reaction.chat.key,
                    Kind.REACTION,
                    State.SILENT,
                    reaction.sent_at.timestamp(),
                    sender.platform,
                    sender.id,
                    reaction.sender_name,
                    to_json(reaction.attachments),
                    reaction.reply_to,
                    reaction.from_bot,
                    self.era,
                ),
            )
            return True

    def take_back(self, reaction: Message) -> bool:
        """Lets go of a reaction that was taken back, unless it was shown: with a message that was handled since."""
        shown = (
            "SELECT 1 FROM entries WHERE chat = ? AND seq > ? AND kind = 'message'"
            " AND state NOT IN ('new', 'ignored') LIMIT 1"
        )
        with self._change() as db:
            found = db.execute(_SAME, _what(reaction)).fetchone()
            if found is None or db.execute(shown, (reaction.chat.key, found["seq"])).fetchone():
                return False
            db.execute("DELETE FROM entries WHERE seq = ?", (found["seq"],))
            return True


def _what(reaction: Message) -> tuple[str | None, ...]:
    sender = reaction.sender
    return (
        reaction.chat.key,
        reaction.reply_to,
        sender.platform if sender else None,
        sender.id if sender else None,
        to_json(reaction.attachments),
    )
