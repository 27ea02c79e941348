"""Who speaks, and how: what all chats of one avatar share."""

from dataclasses import dataclass

from bot.chat.decision import Calibration
from bot.chat.examples import Examples
from bot.chat.remembered import Memory
from bot.config import ConversationConfig
from bot.engine.base import Engine
from bot.hearing.ears import Ears
from bot.media import MediaStore
from bot.people import People
from bot.persona import Persona
from bot.sampling import Sampling
from bot.speaking.voice import Voice
from bot.store.past import Past


@dataclass(slots=True)
class Avatar:
    """Who speaks and how. people and calibration are replaced when they are reloaded."""

    engine: Engine
    persona: Persona
    people: People
    calibration: Calibration
    sampling: Sampling
    config: ConversationConfig
    media: MediaStore  # photos received
    past: Past | None = None  # what was said before the avatar
    memory: Memory | None = None  # what fits the message at hand, from earlier talks
    remembers: bool = True  # whether that is shown: a LoRA may have been trained without
    ears: Ears | None = None  # what writes voice messages down
    voice: Voice | None = None  # what speaks them
    examples: Examples | None = None  # what a chat without a past begins with
