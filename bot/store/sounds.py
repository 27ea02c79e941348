"""What is said in the corpus's voice messages and videos: which of them nobody wrote down yet, and what was heard."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.message import Attachment
from bot.store.attachments import from_json, to_json
from bot.store.corpus import Corpus


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound of the corpus. message: its row. ref: the sound in the media store."""

    message: int
    ref: str


def to_hear(corpus: Corpus, model: str, *, again: bool = False) -> list[Sound]:
    """Returns the sounds without words, the newest first. What an export told is never among them.

    again: also those that another model heard before.
    """
    return [sound for sound, attachment in _sounds(corpus) if _unheard(attachment, model, again=again)]


def counted(corpus: Corpus) -> tuple[int, int]:
    """Returns how many sounds there are, and how many of them are written down, or were heard to hold no words."""
    found = [attachment for _, attachment in _sounds(corpus)]
    return len(found), sum(bool(one.words or one.heard) for one in found)


def note_heard(corpus: Corpus, sound: Sound, words: str, seconds: float, model: str) -> bool:
    """Keeps what was heard; False, and nothing changes, where the message is gone or an export told it meanwhile."""
    with corpus.transaction() as db:
        row = db.execute("SELECT attachments FROM main.messages WHERE id = ?", (sound.message,)).fetchone()
        before = from_json(row[0]) if row else ()
        after = tuple(
            replace(one, words=words, heard=model, seconds=round(seconds) if one.seconds is None else one.seconds)
            if one.ref == sound.ref and (one.heard or not one.words)
            else one
            for one in before
        )
        if after == before:
            return False
        db.execute("UPDATE main.messages SET attachments = ? WHERE id = ?", (to_json(after), sound.message))
    return True


def _sounds(corpus: Corpus) -> Iterator[tuple[Sound, Attachment]]:
    rows = corpus.db.execute(
        "SELECT id, attachments FROM messages WHERE attachments LIKE '%\"ref\"%' ORDER BY sent_ms DESC, id DESC"
    )
    for number, attachments in rows.fetchall():
        for one in from_json(attachments):
            if one.ref:
                yield Sound(number, one.ref), one


def _unheard(attachment: Attachment, model: str, *, again: bool) -> bool:
    if attachment.heard:
        return again and attachment.heard != model
    return not attachment.words
