"""Where variants are measured: one loaded model, the test days' dialogues, and what the base model says of them."""

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from bot.chat.decision import Calibration
from bot.config import Config
from bot.errors import DataError, EchoesError
from bot.workspace import Workspace
from training.data.dialogues import Dialogue
from training.data.splits import Borders, Split
from training.evaluation.asking.model_respondent import ModelRespondent
from training.evaluation.data import EvaluationData, load_evaluation_data
from training.evaluation.limits import Limits
from training.evaluation.opened import ModelUnderTest, open_model
from training.evaluation.panel import Kind, Metric
from training.evaluation.respondent import Respondents
from training.evaluation.standard import PANELS, Examined
from training.finetune import Reporter
from training.recipes.ablations.measure import Measured, Read, base_values, values


@dataclass(frozen=True, slots=True)
class Examination:
    metrics: tuple[Metric, ...]
    lora: Measured
    base: Measured


@dataclass
class Bench:
    """borders: those of all LoRAs that are measured here. opened: closes the model at its end."""

    workspace: Workspace
    config: Config
    borders: Borders
    reporter: Reporter
    opened: ExitStack
    _known: dict[Path | None, Read] = field(default_factory=dict)

    def measure(self, lora: Path, reference: Path | None) -> Measured:
        """reference: the LoRA it is compared with. Raises EchoesError where it was trained for other days or models."""
        if Borders.load(lora) != self.borders:
            raise EchoesError(f"{lora} was trained when the days were divided otherwise: remove it, to train it again.")
        against = self._read(reference) if reference else None
        return values(self.data, self._read(None), self._read(lora), Calibration.load(lora), against)

    def measure_base(self) -> Measured:
        return base_values(self._read(None))

    def examine(self, lora: Path, key: str, limits: Limits) -> Examination:
        """What a panel of the report says of a LoRA, as far as it has a target for it."""
        respondents = Respondents(self._respondent(None), self._respondent(lora))
        calibrations = {lora.name: Calibration.load(lora)}
        panel = PANELS[key](self.data, Examined(respondents, calibrations, lora), limits)
        metrics = [metric for metric in panel.metrics if metric.target]
        if panel.not_measurable:
            self.reporter.note(f"{panel.title}: {panel.not_measurable}")

        def of(kind: Kind) -> Measured:
            row = panel.row(kind)
            values = row.values if row else {}
            return {f"{key}.{metric.key}": values[metric.key] for metric in metrics if metric.key in values}

        columns = tuple(replace(metric, key=f"{key}.{metric.key}") for metric in metrics)
        return Examination(columns, of(Kind.AVATAR), of(Kind.BASE))

    @cached_property
    def data(self) -> EvaluationData:
        engine = self.model.engine
        return load_evaluation_data(self.workspace, self.config, engine.codec, engine.max_context, self.borders)

    @cached_property
    def model(self) -> ModelUnderTest:
        return self.opened.enter_context(open_model(self.workspace, self.config, self.reporter.note))

    @cached_property
    def _dialogues(self) -> tuple[Dialogue, ...]:
        found = self.data.dialogues[Split.TEST]
        if not found:
            raise DataError("The subject says nothing on the days to measure on: import more of their chats.")
        return found

    def _read(self, lora: Path | None) -> Read:
        if lora not in self._known:
            self._known[lora] = Read(self._respondent(lora).score(self._dialogues))
        return self._known[lora]

    def _respondent(self, lora: Path | None) -> ModelRespondent:
        return ModelRespondent(lora.name if lora else "base", self.model, lora)
