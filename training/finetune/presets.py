"""How to fine-tune: two presets, and what one run is asked to do."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from bot.errors import UsageError
from training.data.pages import SHARE

ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
FEED_FORWARD = ("gate_proj", "up_proj", "down_proj")
_NAME = re.compile(r"\w[\w.-]{0,79}")
_RESERVED = ("latest", "none")
_NARROW, _WIDE = 640, 896  # the English embedded model is 576 wide, and learns best at 1e-3; the Chinese one is 896


@dataclass(frozen=True, slots=True)
class Preset:
    """Every number that shapes a LoRA. Lengths and batches in tokens, warm-up as a share of the run.

    wide_rate: the learning rate instead of `learning_rate` for a model that is 896 wide, and by the root of the width
    less for a wider one; None where all have the same.
    decision_weight: of the decision loss (mean over decisions) beside the text loss (mean over tokens).
    quiet_share: of the dialogues in which the subject says nothing, how many an epoch takes; these weigh the more.
    accumulate: batches summed into one step of the optimizer.
    packed: a dialogue is one sample, in which all of the subject's turns are learnt; else each turn, and each decision,
    is a sample of its own behind its context.
    negatives: natural takes the silences as they are; balanced an epoch's as many silences as answers, and corrects
    the log-odds for it afterwards.
    writing_share: of the tokens that are learnt, at most so many are of what the subject wrote outside of chats.
    bubbles: each of the subject's messages is a line of its turn; else they are joined into one by spaces.
    """

    name: str
    rank: int
    alpha: int
    dropout: float
    learning_rate: float
    weight_decay: float
    beta2: float
    warmup: float
    epochs: int
    length: int
    batch_tokens: int
    targets: tuple[str, ...]
    decision_weight: float
    name_dropout: float
    relationship_dropout: float
    quiet_share: float = 1.0
    accumulate: int = 1
    clip: float = 1.0  # largest norm of a gradient
    packed: bool = True
    negatives: Literal["natural", "balanced"] = "natural"
    bubbles: bool = True
    writing_share: float = SHARE
    wide_rate: float | None = None

    def at(self, width: int) -> "Preset":
        """Returns the preset with the learning rate for a model of that width (numbers in a hidden state)."""
        if self.wide_rate is None or width <= _NARROW:
            return replace(self, wide_rate=None)
        return replace(self, learning_rate=self.wide_rate * math.sqrt(_WIDE / width), wide_rate=None)


PAPER = Preset(
    name="paper",
    rank=64,
    alpha=16,
    dropout=0.05,
    learning_rate=1e-5,
    weight_decay=0.1,
    beta2=0.95,
    warmup=0.01,
    epochs=5,
    length=2048,
    batch_tokens=2048,
    targets=(*ATTENTION, "gate_proj", "up_proj"),
    decision_weight=1.0,
    name_dropout=0.0,
    relationship_dropout=0.0,
)
"""Table 1 of the paper, with the original Qwen-VL recipe's targets. It names no batch size: ours is used."""

TUNED = Preset(
    name="tuned",
    rank=16,
    alpha=32,
    dropout=0.0,  # a mask for each of 210 matrices costs a quarter of the speed on a CPU
    learning_rate=1e-3,
    weight_decay=0.01,
    beta2=0.99,
    warmup=0.05,
    epochs=3,
    length=1024,
    batch_tokens=448,  # small: what counts is how many steps there are
    targets=(*ATTENTION, *FEED_FORWARD),
    decision_weight=1.0,
    name_dropout=0.3,
    relationship_dropout=0.15,
    quiet_share=0.25,  # half of a lively group's tokens are in these, and there is little to learn of them
    wide_rate=4e-4,  # 2e-4 where a model of 7 billion weights is 3,584 wide: Dettmers et al., QLoRA, 2023
)
"""Our best for a person's few thousand messages: small steps, ten times the learning rate of full fine-tuning."""

PRESETS: Mapping[str, Preset] = {preset.name: preset for preset in (TUNED, PAPER)}


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """What one run is asked to do. Raises UsageError with what cannot be.

    name: of the LoRA's folder; None: the date and time. minutes: wall clock for all of it, loading and calibration too.
    tokens: read so many instead of the preset's epochs, as often over as it takes, at whatever speed.
    fresh: leave an unfinished run aside. checkpoint_seconds: how much work a crash may cost.
    """

    preset: Preset = TUNED
    name: str | None = None
    minutes: float | None = None
    fresh: bool = False
    seed: int = 0
    checkpoint_seconds: float = 60.0
    tokens: int | None = None
    canaries: bool = False  # plant made-up secrets, for an audit
    processes: int = 1  # that share each step, each with a copy of the model
    shard: bool = False  # no copy: its layers are divided among the processes
    show: bool = False  # what it says to a few questions as it learns: private words, at the terminal
    server_token: str | None = None  # where the model's server asks for one, by which the decision is calibrated

    def __post_init__(self) -> None:
        preset = self.preset
        problems = []
        if self.name is not None and (not _NAME.fullmatch(self.name) or self.name in _RESERVED):
            problems.append(f"--name: {self.name!r} cannot be a folder's name: use letters, digits, dots and dashes.")
        if self.minutes is not None and not 0 < self.minutes < float("inf"):
            problems.append("--minutes: must be more than 0.")
        if self.tokens is not None and self.tokens < 1:
            problems.append("--tokens: must be more than 0.")
        if not 1 <= self.processes <= 64:
            problems.append("--processes: must be from 1 to 64.")
        if self.shard and self.processes == 1:
            problems.append("--shard: give --processes, 2 or more, among which the model is divided.")
        if not 1 <= preset.rank <= 512:
            problems.append("--rank: must be from 1 to 512.")
        if not 1 <= preset.epochs <= 1000:
            problems.append("--epochs: must be from 1 to 1000.")
        if not 0 < preset.learning_rate < 1:
            problems.append("--learning-rate: must be between 0 and 1.")
        if not 128 <= preset.length <= 32768:
            problems.append("--length: must be from 128 to 32768 tokens.")
        if not 0 <= preset.writing_share < 1:
            problems.append("--writing-share: must be from 0 to below 1.")
        if problems:
            raise UsageError(" ".join(problems))
