"""Fine-tuning: from a workspace's chats to a LoRA in the person's voice."""

import time
from pathlib import Path

from bot.workspace import Workspace
from training.finetune.presets import PRESETS, Preset, TrainSettings
from training.finetune.progress import Bar, Progress, Reporter, Silent

__all__ = ["PRESETS", "Bar", "Preset", "Progress", "Reporter", "Silent", "TrainSettings", "train"]


def train(workspace: Workspace, settings: TrainSettings, reporter: Reporter | None = None) -> Path:
    """Trains a LoRA on the workspace's train days; returns its folder. Goes on with an unfinished run of the same kind.

    Raises ConsentError without a consent record, UsageError, DataError or ConfigError where something is missing, and
    EchoesError where memory or disk run out: what was learnt so far is kept. KeyboardInterrupt, once all is saved.
    """
    started = time.monotonic()
    from training.finetune.run import run_training  # loads torch, which takes a while

    return run_training(workspace, settings, reporter or Silent(), started)
