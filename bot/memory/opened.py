"""The memory of a workspace, put together from where earlier words are kept."""

from bot.memory.corpus import CorpusSource
from bot.memory.journal import JournalSource
from bot.memory.notes import Notes, load_notes
from bot.memory.recall import Recall
from bot.memory.watched import Watched
from bot.persona import Persona
from bot.questionnaire import Answer, load_questionnaire
from bot.store.journal import Journal
from bot.store.past import end_of
from bot.workspace import Workspace


def memory_of(workspace: Workspace, journal: Journal, persona: Persona) -> Recall:
    """What may be remembered: the chats up to the avatar's era, all that it heard and said itself, the owner's notes,
    and what the person answered in the questionnaire.
    """
    corpus = CorpusSource(workspace.corpus, journal.forgotten, end_of(persona.era, persona.zone))
    notes = Watched(workspace.memory, load_notes, Notes())
    told = Watched[tuple[Answer, ...]](workspace.questionnaire, load_questionnaire, ())
    return Recall(workspace.memory_index, (corpus, JournalSource(journal)), persona, notes, told)
