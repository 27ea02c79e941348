"""Which of the trained LoRAs speaks."""

from pathlib import Path

from bot.errors import ConfigError
from bot.prompt.fingerprint import FILE

WEIGHTS = "adapter_model.safetensors"
CANARIES = "canaries.json"
"""In the folder of a LoRA that was trained for an audit, on made-up secrets too."""

LATEST, NONE = "latest", "none"


def find_lora(loras: Path, name: str, *, audits: bool = False) -> Path | None:
    """The folder of a LoRA: the last one (to which the link `latest` points), one by name, or None for the base model.

    audits: also one that was trained for an audit, if asked for by name. Raises ConfigError where it is not there.
    """
    if name == NONE:
        return None
    if name == LATEST:
        if _finished(loras / LATEST) and not _audit(loras / LATEST):
            return (loras / LATEST).resolve()
        finished = [folder for folder in loras.glob("[!.]*") if _finished(folder) and not _audit(folder)]
        if not finished:
            raise ConfigError(f"{loras} holds no LoRA yet: run `echoes train`, or set model.lora: none in config.yaml.")
        return max(finished, key=lambda folder: ((folder / FILE).stat().st_mtime_ns, folder.name))
    if Path(name).name != name or not _finished(loras / name):
        known = ", ".join(sorted(folder.name for folder in loras.glob("[!.]*") if _finished(folder))) or "none yet"
        raise ConfigError(f"model.lora: {name} is not among the LoRAs in {loras} (there: {known}).")
    if not audits and _audit(loras / name):
        raise ConfigError(
            f"model.lora: {name} was trained with `echoes train --canaries`, on made-up secrets, to be measured and "
            "never to speak: choose another, or train one without that option."
        )
    return loras / name


def _finished(folder: Path) -> bool:
    return (folder / FILE).is_file() and (folder / WEIGHTS).is_file()


def _audit(folder: Path) -> bool:
    return (folder / CANARIES).exists()
