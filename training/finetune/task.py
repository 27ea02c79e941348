"""What a training run and its end both need, and what the run leaves to the end."""

from dataclasses import dataclass

from peft import PeftConfig

from bot.chat.prompt import Codec, Fingerprint
from bot.config import Config
from bot.engine.matrices import Decoder
from bot.media import MediaStore
from training.finetune.checkpoint import Position
from training.finetune.material import Material
from training.finetune.presets import TrainSettings


@dataclass(frozen=True, slots=True)
class Task:
    """correction: of the log-odds, see `epoch.correction`; once it has learnt, with `Position.offset` in it."""

    settings: TrainSettings
    config: Config
    material: Material
    codec: Codec
    media: MediaStore
    fingerprint: Fingerprint
    correction: float
    decoder: Decoder


@dataclass(frozen=True, slots=True)
class Learnt:
    """What is left of training once its model is let go: the weights are in the run's folder."""

    position: Position
    shape: PeftConfig
    weights: int
    hardware: str
    precision: str
