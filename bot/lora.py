"""Which of the trained LoRAs speaks: the one that is asked for, whole, and never another in its place."""

from pathlib import Path

from bot.chat.decision import FILE as DECISION
from bot.chat.prompt.fingerprint import FILE
from bot.errors import ConfigError
from bot.weights import shapes

WEIGHTS = "adapter_model.safetensors"
SHAPE = "adapter_config.json"
CANARIES = "canaries.json"
"""In the folder of a LoRA that was trained for an audit, on made-up secrets too."""

LATEST, NONE = "latest", "none"


def find_lora(loras: Path, name: str, *, audits: bool = False) -> Path | None:
    """The folder of a LoRA: the last one (to which the link `latest` points), one by name, or None for the base model.

    audits: also one that was trained for an audit, if asked for by name. Raises ConfigError where it is not there or
    has lost something: an older one never speaks in its place unasked.
    """
    if name == NONE:
        return None
    folder = _latest(loras) if name == LATEST else _named(loras, name, audits)
    if missing := _lost(folder):
        others = [one for one in _published(loras) if one != folder.name]
        choice = f", or name another under model.lora in config.yaml (there: {', '.join(others)})" if others else ""
        raise ConfigError(f"The LoRA {folder} cannot speak ({missing}): run `echoes train` again{choice}.")
    return folder


def _latest(loras: Path) -> Path:
    """What the link says; without one, the last that was finished. Training makes the link; a copy may lack it."""
    link = loras / LATEST
    if (link.is_symlink() or link.is_dir()) and not _audit(link):
        return link.resolve()
    finished = [loras / name for name in _published(loras) if name != LATEST and not _audit(loras / name)]
    if not finished:
        raise ConfigError(f"{loras} holds no LoRA yet: run `echoes train`, or set model.lora: none in config.yaml.")
    return max(finished, key=lambda folder: ((folder / FILE).stat().st_mtime_ns, folder.name))


def _named(loras: Path, name: str, audits: bool) -> Path:
    if Path(name).name != name or not (loras / name).is_dir():
        known = ", ".join(_published(loras)) or "none yet"
        raise ConfigError(f"model.lora: {name} is not among the LoRAs in {loras} (there: {known}).")
    if not audits and _audit(loras / name):
        raise ConfigError(
            f"model.lora: {name} was trained with `echoes train --canaries`, on made-up secrets, to be measured and "
            "never to speak: choose another, or train one without that option."
        )
    return loras / name


def _published(loras: Path) -> list[str]:
    """The folders that training has finished: it names the folder when all is in it."""
    return sorted(folder.name for folder in loras.glob("[!.]*") if (folder / FILE).is_file())


def _lost(folder: Path) -> str:
    """What is no longer as training left it; empty where all is there. Raises PassingError while it cannot be read."""
    if not folder.is_dir():
        return "the folder is gone"
    for name in (FILE, SHAPE, DECISION, WEIGHTS):
        if not (folder / name).is_file():
            return f"{name} is missing"
    try:
        shapes(folder / WEIGHTS)
    except ValueError as error:
        return f"{WEIGHTS} is cut short or damaged: {error}"
    return ""


def _audit(folder: Path) -> bool:
    return (folder / CANARIES).exists()
