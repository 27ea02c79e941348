"""Which of the trained LoRAs speaks."""

from pathlib import Path

from bot.errors import ConfigError
from bot.prompt.fingerprint import FILE

WEIGHTS = "adapter_model.safetensors"
LATEST, NONE = "latest", "none"


def find_lora(loras: Path, name: str) -> Path | None:
    """The folder of a LoRA: the last one (to which the link `latest` points), one by name, or None for the base model.

    Raises ConfigError where it is not there.
    """
    if name == NONE:
        return None
    if name == LATEST:
        if _finished(loras / LATEST):
            return (loras / LATEST).resolve()
        finished = [folder for folder in loras.glob("[!.]*") if _finished(folder)]
        if not finished:
            raise ConfigError(f"{loras} holds no LoRA yet: run `echoes train`, or set model.lora: none in config.yaml.")
        return max(finished, key=lambda folder: ((folder / FILE).stat().st_mtime_ns, folder.name))
    if Path(name).name != name or not _finished(loras / name):
        known = ", ".join(sorted(folder.name for folder in loras.glob("[!.]*") if _finished(folder))) or "none yet"
        raise ConfigError(f"model.lora: {name} is not among the LoRAs in {loras} (there: {known}).")
    return loras / name


def _finished(folder: Path) -> bool:
    return (folder / FILE).is_file() and (folder / WEIGHTS).is_file()
