"""The decision's calibration at the end of a run: the validation days' groups, read with the weights that are kept."""

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from bot.chat.prompt import Codec
from bot.config import ModelConfig
from bot.engine.models import LoadedModel, load
from bot.media import MediaStore
from bot.message import ChatKind
from training.calibration import Fitted, Gate, fit
from training.data.dialogues import Dialogue
from training.data.points import Point
from training.evaluation.asking.scoring import Scorer
from training.finetune.lora import attach, set_weights
from training.finetune.presets import Preset

SHARE = 0.12
"""At most this share of a run's minutes goes into reading the validation days for the calibration."""

_SLOWER = 2.5  # float32 beside bfloat16 where that is the faster


def groups(dialogues: Sequence[Dialogue]) -> list[Dialogue]:
    """Those in which something is decided."""
    return [one for one in dialogues if one.scene.kind is ChatKind.GROUP and any(one.present)]


def reading_seconds(
    validation_tokens: int, minutes: float | None, trained: LoadedModel, tokens_per_second: float
) -> float:
    """How long the validation days' groups may be read: to the end, or as long as the minutes allow.

    tokens_per_second: at which the model reads in the precision that it is trained in.
    """
    allowed = math.inf if minutes is None else minutes * 60 * SHARE
    slower = _SLOWER if _served_in_float32(trained) else 1.0
    return min(slower * validation_tokens / tokens_per_second, allowed)


def as_served(trained: LoadedModel, lora: dict[str, Tensor], preset: Preset, config: ModelConfig) -> LoadedModel:
    """The trained model as the avatar will run it.

    On a CPU that is float32, also where bfloat16 was faster for training: bfloat16 shifts the decision's log-odds by
    about 0.1, which is a tenth more or fewer answers.
    """
    if not _served_in_float32(trained) or config.dtype != "auto":
        return trained
    served = load(config.base, str(trained.device), "float32")
    wrapped = attach(served.model, preset, served.base_id)
    set_weights(wrapped, lora)
    wrapped.merge_adapter()
    return served


def _served_in_float32(trained: LoadedModel) -> bool:
    return trained.device.type == "cpu" and trained.model.dtype != torch.float32


def calibrate(
    loaded: LoadedModel,
    codec: Codec,
    media: MediaStore,
    validation: Sequence[Dialogue],
    points: Sequence[Point],
    seconds: float | None,
    correction: float = 0.0,
) -> Fitted:
    """Fits the decision on what the model and its LoRA say of the validation days' groups, as far as `seconds` reach.

    correction: of the log-odds of answering, see `epoch.correction`; the calibration holds it, fitted or not.
    """
    scorer = Scorer(loaded, codec, media.open)
    short = loaded.model.dtype in (torch.bfloat16, torch.float16)
    with torch.autocast(loaded.device.type, loaded.model.dtype if short else torch.bfloat16, enabled=short):
        scores = scorer.score(groups(validation), replies=False, seconds=seconds)
    fitted = fit(points, {message: odds + correction for message, odds in scores.decisions.items()})
    found = fitted.calibration
    return replace(fitted, calibration=replace(found, bias=found.bias + found.model * correction))


def told(fitted: Fitted) -> dict[str, str]:
    """The outcome as words and numbers, for the card."""
    found = {
        "made of": fitted.gate.value,
        "decisions read": str(fitted.decisions),
        "of these answered": str(fitted.answered),
        "days": str(fitted.days),
    }
    compared = {
        f"ranking (AUROC) of {gate.value}": "not measured" if math.isnan(value) else f"{value:.3f}"
        for gate, value in fitted.compared.items()
    }
    if fitted.gate is not Gate.NONE:
        compared["threshold"] = f"{fitted.calibration.threshold:.3f}"
    return found | compared
