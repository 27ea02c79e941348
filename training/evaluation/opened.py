"""The base model of a workspace, opened to be examined: the same for every report and comparison."""

from collections.abc import Callable

from bot.config import Config
from bot.engine.models import codec_for, load
from bot.workspace import Workspace, private_dir
from training.evaluation.asking.shared_model import SharedModel
from training.evaluation.panels.context.pictures import StandIns
from training.finetune.device import training_dtype, use_physical_cores

FOLDER = "evaluation"
"""In the workspace: the report, and the answers kept for the next one. Deleting it costs only time."""

_KEPT = "answers"


def open_model(workspace: Workspace, config: Config, note: Callable[[str], None]) -> SharedModel:
    """In the precision that is fastest here. Its answers are kept in the workspace; it sees what stands in for a photo.

    Raises ConfigError or PermanentError where it cannot be loaded.
    """
    use_physical_cores()
    model, media = config.model, StandIns(workspace.media)
    loaded = load(model.base, model.device, training_dtype(model.device, model.dtype), model.four_bit, note)
    kept = private_dir(private_dir(workspace.root / FOLDER) / _KEPT)
    return SharedModel(loaded, codec_for(loaded, media), media.open, config.sampling.sampling(), kept)
