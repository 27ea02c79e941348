"""The dialogues of a workspace, for commands that show them."""

import sys
from dataclasses import dataclass
from pathlib import Path

from bot.chat.prompt import Codec
from bot.config import load_config
from bot.engine.describe import codec_for, describe
from bot.errors import EchoesError
from bot.lora import find_lora
from bot.media import MediaStore
from bot.memory.trained import remembers
from bot.workspace import Workspace
from training.data.dataset import Dataset, load_dataset
from training.data.pages import Pages, load_pages
from training.data.splits import Borders, Split
from training.finetune import PRESETS


@dataclass(frozen=True, slots=True)
class Opened:
    """pages: what is learnt beside the dialogues of what was written outside of chats."""

    data: Dataset
    codec: Codec
    pages: Pages


def opened(workspace: Workspace) -> Opened:
    """Loads them as `echoes train` would, on the days of the LoRA that is there. Raises what `load_dataset` raises."""
    config = load_config(workspace.config)
    described = describe(config.model.base, lambda text: print(text, file=sys.stderr))
    codec = codec_for(described, MediaStore(workspace.media))
    lora = _lora(workspace, config.model.lora)
    borders = Borders.load(lora) if lora else None
    length = PRESETS["tuned"].length
    data = load_dataset(workspace, config, codec, length, borders, remember=remembers(lora))
    learnt = data.dialogues[Split.TRAIN]
    pages = load_pages(workspace, data.persona, data.people, codec, length, data.splits, learnt)
    return Opened(data, codec, pages)


def _lora(workspace: Workspace, name: str) -> Path | None:
    try:
        return find_lora(workspace.loras, name)
    except EchoesError:
        return None  # none is trained yet
