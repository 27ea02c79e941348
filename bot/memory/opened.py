"""The memory of a workspace, put together from where earlier words are kept."""

import logging
import sqlite3

from bot.chat.examples import Examples
from bot.era import end_of
from bot.errors import EchoesError
from bot.memory.corpus import CorpusSource
from bot.memory.journal import JournalSource
from bot.memory.meaning import Meaning
from bot.memory.notes import Notes, load_notes
from bot.memory.recall import Recall
from bot.memory.watched import Watched
from bot.message import Chat, ChatKind
from bot.people import People
from bot.persona import Persona
from bot.questionnaire import Answer, load_questionnaire
from bot.released import Released, load_released
from bot.store.journal import Journal
from bot.workspace import Workspace

log = logging.getLogger(__name__)


def prepare(workspace: Workspace, people: People, persona: Persona) -> None:
    """Indexes what the contacts wrote in private, before anybody waits; training has done so already, as a rule."""
    recall = Recall(workspace.memory_index, (CorpusSource(workspace.corpus),), persona)
    try:
        for contact in people.contacts:
            for account in contact.accounts[:1]:
                recall.known(Chat(account.platform, account.id, ChatKind.PRIVATE), account, people)
    except (EchoesError, sqlite3.Error) as error:
        log.warning("What was said before is read when it is needed (%s).", type(error).__name__)
    finally:
        recall.close()


def examples_of(workspace: Workspace) -> Examples:
    """What a chat without a past begins with; a change of the files shows at once."""
    released = Watched[Released](workspace.released, load_released, {})
    return Examples(released, Watched[tuple[Answer, ...]](workspace.questionnaire, load_questionnaire, ()))


def memory_of(workspace: Workspace, journal: Journal, persona: Persona, meaning: Meaning | None = None) -> Recall:
    """What may be remembered: the chats up to the avatar's era, all that it heard and said itself, the owner's notes,
    and what the person answered in the questionnaire. meaning: what finds by meaning, beside words.
    """
    corpus = CorpusSource(workspace.corpus, journal.forgotten, end_of(persona.era, persona.zone))
    notes = Watched(workspace.memory, load_notes, Notes())
    told = Watched[tuple[Answer, ...]](workspace.questionnaire, load_questionnaire, ())
    return Recall(workspace.memory_index, (corpus, JournalSource(journal)), persona, notes, told, meaning)
