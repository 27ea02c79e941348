"""The panels of the standard, A to H, in order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.chat.decision import Calibration
from bot.errors import EchoesError
from training.data.canaries import Canary, load
from training.evaluation.data import EvaluationData
from training.evaluation.limits import Limits
from training.evaluation.panel import Panel
from training.evaluation.panels.context import panel as context
from training.evaluation.panels.decision import panel as decision
from training.evaluation.panels.likelihood import panel as likelihood
from training.evaluation.panels.memory import panel as memory
from training.evaluation.panels.personality import panel as personality
from training.evaluation.panels.privacy import panel as privacy
from training.evaluation.panels.style import panel as style
from training.evaluation.panels.style.embedding import Embed
from training.evaluation.panels.talk import panel as talk
from training.evaluation.respondent import Respondents


@dataclass(frozen=True, slots=True)
class Examined:
    """respondents None: only what needs no model. calibrations: of the avatars' decisions, by the respondent's name.

    lora: the avatar's folder. embed: an embedding model, for a third judge of style.
    """

    respondents: Respondents | None = None
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    lora: Path | None = None
    embed: Embed | None = None

    @property
    def canaries(self) -> tuple[Canary, ...]:
        """What was planted into the avatar's training. Raises DataError where the record is damaged."""
        return load(self.lora) if self.lora else ()

    @property
    def asked(self) -> Respondents:
        """The respondents. Raises EchoesError where there is nobody to ask."""
        if self.respondents is None:
            raise EchoesError("This panel needs the model: leave out --no-model.")
        return self.respondents


PANELS: Mapping[str, Callable[[EvaluationData, Examined, Limits], Panel]] = {
    "style": lambda data, examined, limits: style.panel(data, examined.asked, limits, examined.embed),
    "likelihood": lambda data, examined, limits: likelihood.panel(data, examined.asked, limits),
    "context": lambda data, examined, limits: context.panel(data, examined.asked, limits),
    "memory": lambda data, examined, limits: memory.panel(data, examined.asked, limits),
    "decision": lambda data, examined, limits: decision.panel(
        data, examined.respondents, limits, examined.calibrations
    ),
    "personality": lambda data, examined, limits: personality.panel(data, examined.asked, limits),
    "privacy": lambda data, examined, limits: privacy.panel(data, examined.asked, limits, examined.canaries),
    "talk": lambda data, examined, limits: talk.panel(data, examined.asked, limits),
}
"""What makes each panel."""
