"""The memory of a workspace, put together from where earlier words are kept."""

from bot.memory.corpus import CorpusSource
from bot.memory.journal import JournalSource
from bot.memory.notes import NotesFile
from bot.memory.recall import Recall
from bot.persona import Persona
from bot.store.journal import Journal
from bot.store.past import end_of
from bot.workspace import Workspace


def memory_of(workspace: Workspace, journal: Journal, persona: Persona) -> Recall:
    """What may be remembered: the chats up to the avatar's era, all that it heard and said itself, and the notes."""
    corpus = CorpusSource(workspace.corpus, journal.forgotten, end_of(persona.era, persona.zone))
    return Recall(workspace.memory_index, (corpus, JournalSource(journal)), persona, NotesFile(workspace.memory))
