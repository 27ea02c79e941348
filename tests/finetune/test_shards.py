"""A model whose layers are divided among two processes learns what a whole one learns."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
import torch

from bot.cli import main
from bot.engine.describe import Family, codec_for
from bot.engine.models import load
from bot.errors import ExitCode
from bot.media import MediaStore
from bot.workspace import Workspace
from training.finetune.learner import Learner
from training.finetune.lora import attach, weights
from training.finetune.presets import TUNED
from training.finetune.ranks import followers
from training.finetune.samples import Place, Sample

SHORT, LONG, DECIDING = (
    Sample(tuple(range(5, 45)), tuple(Place(at, at + 6) for at in range(20, 39)), ()),
    Sample(tuple(range(5, 205)), tuple(Place(at, at + 6) for at in range(100, 199)), ()),
    Sample(tuple(range(60, 120)), (Place(30, 8, open=True, answered=1), Place(50, -100, open=True, answered=0)), ()),
)
KEPT = 128  # tokens: of LONG activations are computed again, of SHORT they are kept


def learner(model: Path, folder: Path, divided: bool) -> Learner:
    torch.set_num_threads(1)
    loaded, media = load(str(model), "cpu", "float32"), MediaStore(folder)
    torch.manual_seed(0)
    lora = attach(loaded.model, TUNED, loaded.base_id)
    device = torch.device("cpu") if divided else None
    return Learner(loaded, lora, codec_for(loaded, media), media, TUNED, kept=KEPT, divided=device)


def follow(model: Path, folder: Path) -> None:
    learner(model, folder, True).follow()


def learn(model: Path, folder: Path, divided: bool) -> tuple[list[float], dict[str, torch.Tensor], int]:
    """Reads and learns by turns. Returns what was lost, the weights learnt, and how many others this process holds."""
    with followers(int(divided), follow, model, folder):
        pupil = learner(model, folder, divided)
        found = [pupil.read([SHORT, LONG]).text_sum, *pupil.odds([DECIDING])[0].tolist()]
        for batch in ([LONG], [SHORT, LONG], [DECIDING], [SHORT, DECIDING]):  # of one there is nothing to share
            step = pupil.step([batch, [SHORT]], 0.01, 100.0, 2.0)
            found += [step.text_sum, step.decision_sum, float(step.tokens), pupil.read([LONG, DECIDING]).text_sum]
        kept = pupil.state()
        pupil.step([[LONG]], 0.01, 100.0, 2.0)
        pupil.restore(*kept)
        found.append(pupil.step([[SHORT]], 0.01, 100.0, 2.0).text_sum)
        pupil.release()
    frozen = (value for value in pupil.loaded.model.model.language_model.layers.parameters() if not value.requires_grad)
    held = sum(getattr(value, "_local_tensor", value).numel() for value in frozen)
    return found, weights(pupil.lora), held


def test_it_reads_and_learns_as_a_whole_one_and_each_process_holds_half(
    models: dict[Family, Path], tmp_path: Path
) -> None:
    whole, apart, all_of_it = learn(models["qwen3_vl"], tmp_path, False)
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:  # what joins others does so once in its life
        divided, together, part = pool.submit(learn, models["qwen3_vl"], tmp_path, True).result(timeout=600)
    assert divided == pytest.approx(whole, rel=1e-4)
    assert all(together[name].allclose(apart[name], atol=1e-4) for name in apart)
    assert part == all_of_it / 2


def test_what_cannot_be_divided_is_said(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["-w", str(workspace.root), "train", "--shard"]
    assert main(arguments) == ExitCode.USAGE
    assert "--shard: give --processes, 2 or more" in capsys.readouterr().err
    config = workspace.config.read_text("utf-8").replace("device: cpu", "device: auto")
    workspace.config.write_text(config + "  four_bit: true\n", "utf-8")
    assert main([*arguments, "--processes", "2"]) == ExitCode.USAGE
    assert "a model in 4 bits cannot be divided" in capsys.readouterr().err
