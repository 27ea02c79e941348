"""What is fitted to a LoRA that is trained, fitted again on what the engine that serves it now says."""

from collections.abc import Callable
from pathlib import Path

from bot.chat.decision import Calibration
from bot.config import load_config
from bot.consent import Use, require
from bot.engine.blocking import blocking
from bot.engine.describe import codec_for, describe
from bot.engine.device import use_physical_cores
from bot.engine.factory import build_batch_engine
from bot.errors import UsageError
from bot.lora import find_lora
from bot.media import MediaStore
from bot.memory.meaning import open_meaning
from bot.memory.trained import doubt, remembers
from bot.workspace import Workspace
from training.calibration.calibrated import Calibrated, Time, calibrate_all
from training.data.dataset import load_dataset
from training.data.splits import Borders, Split


def calibrate_again(
    workspace: Workspace, name: str | None, note: Callable[[str], None], server_token: str | None = None
) -> tuple[Path, Calibrated]:
    """Writes decision and sampling beside the LoRA, and returns the LoRA's folder and what was found.

    name: of the LoRA; None for the one that config.yaml names. note: is told what takes long. server_token: where the
    model's server asks for one. Raises ConsentError, UsageError, ConfigError, DataError, PermanentError or, while the
    server does not answer, PassingError; what was there then stays.
    """
    require(workspace.consent, Use.TRAINING)
    config = load_config(workspace.config)
    lora = find_lora(workspace.loras, name or config.model.lora)
    if lora is None:
        raise UsageError("The base model as it is decides uncalibrated: name a LoRA with --lora.")
    before, media = Calibration.load(lora), MediaStore(workspace.media)
    described = describe(config.model.base, note)
    meaning = open_meaning(config.memory, load=False)
    if config.conversation.remember and (odd := doubt(lora, meaning.encoder if meaning else None)):
        note(odd)
    note("Reading the chats.")
    length = min(config.model.context_tokens, described.max_positions)
    data = load_dataset(
        workspace, config, codec_for(described, media), length, Borders.load(lora), remember=remembers(lora)
    )
    use_physical_cores()
    with blocking(build_batch_engine(config, media, note, server_token)) as served:
        served.wait(served.engine.load_lora(lora))
        validation, sampling = data.dialogues[Split.VALIDATION], config.sampling
        fitted = calibrate_all(served, validation, data.points, sampling, Time(), note, before.correction, data.groups)
    fitted.save(lora)
    return lora, fitted
