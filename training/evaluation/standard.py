"""The panels of the standard, A to G, in order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.chat.decision import Calibration
from bot.errors import EchoesError
from training.data.canaries import Canary, load
from training.evaluation.data import EvaluationData
from training.evaluation.limits import Limits
from training.evaluation.panel import Panel
from training.evaluation.panels import context, decision, likelihood, memory, personality, privacy, style
from training.evaluation.panels.style.embedding import Embed
from training.evaluation.voice import Voices


@dataclass(frozen=True, slots=True)
class Examined:
    """voices None: only what needs no model. calibrations: of the avatars' decisions, by the voice's name.

    lora: the avatar's folder. embed: an embedding model, for a third judge of style.
    """

    voices: Voices | None = None
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    lora: Path | None = None
    embed: Embed | None = None

    @property
    def canaries(self) -> tuple[Canary, ...]:
        """What was planted into the avatar's training. Raises DataError where the record is damaged."""
        return load(self.lora) if self.lora else ()

    @property
    def asked(self) -> Voices:
        """Raises EchoesError where there is nobody to ask."""
        if self.voices is None:
            raise EchoesError("This panel needs the model: leave out --no-model.")
        return self.voices


PANELS: Mapping[str, Callable[[EvaluationData, Examined, Limits], Panel]] = {
    "style": lambda held, examined, limits: style.panel(held, examined.asked, limits, examined.embed),
    "likelihood": lambda held, examined, limits: likelihood.panel(held, examined.asked, limits),
    "context": lambda held, examined, limits: context.panel(held, examined.asked, limits),
    "memory": lambda held, examined, limits: memory.panel(held, examined.asked, limits),
    "decision": lambda held, examined, limits: decision.panel(held, examined.voices, limits, examined.calibrations),
    "personality": lambda held, examined, limits: personality.panel(held, examined.asked, limits),
    "privacy": lambda held, examined, limits: privacy.panel(held, examined.asked, limits, examined.canaries),
}
"""What makes each panel."""
