"""Which of the embedded models `model.base: embedded` stands for in a workspace."""

import json

from bot.config.sections import Config
from bot.errors import EchoesError
from bot.files import read_text
from bot.persona import load_persona
from bot.workspace import Workspace

EMBEDDED = "embedded"
EMBEDDED_EN = "embedded-en"
EMBEDDED_ZH = "embedded-zh"
EMBEDDED_MODELS = (EMBEDDED, EMBEDDED_EN, EMBEDDED_ZH)


def settled(config: Config, workspace: Workspace, *, training: bool) -> Config:
    """The configuration with `embedded-zh` in the place of `embedded`, where that one is meant.

    The LoRA that speaks decides, for it fits one model alone; where there is none yet, or another is to be trained, the
    persona's language does. What cannot be read is said by who needs it.
    """
    if config.model.base != EMBEDDED:
        return config
    trained_on = "" if training else _trained_on(workspace, config.model.lora)
    chinese = trained_on.startswith(EMBEDDED_ZH) if trained_on.startswith(EMBEDDED) else _speaks_chinese(workspace)
    return _with_base(config, EMBEDDED_ZH) if chinese else config


def _with_base(config: Config, base: str) -> Config:
    return config.model_copy(update={"model": config.model.model_copy(update={"base": base})})


def _speaks_chinese(workspace: Workspace) -> bool:
    try:
        return load_persona(workspace.persona).language == "zh"
    except EchoesError:
        return False


def _trained_on(workspace: Workspace, lora: str) -> str:
    """The name of the base model in the fingerprint of the LoRA that speaks; empty where there is none."""
    from bot.chat.prompt.fingerprint import FILE  # which loads tokenizers
    from bot.lora import find_lora

    try:
        folder = find_lora(workspace.loras, lora)
        return "" if folder is None else str(json.loads(read_text(folder / FILE))["base_model"])
    except (EchoesError, OSError, ValueError, KeyError, TypeError):
        return ""
