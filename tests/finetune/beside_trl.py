"""Our step beside that of TRL's SFTTrainer on the same packed rows: `python -m tests.finetune.beside_trl WORKSPACE`.

TRL is none of what Echoes needs: `pip install trl` first. It gets the decoder as a Llama, with equal weights, the same
LoRA and precision, and a row a step. Each runs in a process of its own, in turns, so that their peaks are their own.
"""

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from bot.config import load_config
from bot.engine.describe import codec_for
from bot.engine.device import fastest_dtype, use_physical_cores
from bot.engine.models import LoadedModel, load
from bot.media import MediaStore
from bot.workspace import Workspace
from training.finetune.batches import plan
from training.finetune.learner import Learner
from training.finetune.lora import attach
from training.finetune.material import load_material
from training.finetune.presets import TUNED
from training.finetune.samples import IGNORED, Sample, samples_of

_WARM = 3  # steps that are not counted: kernels are made in them


def rows_of(workspace: Workspace, loaded: LoadedModel, length: int, count: int) -> list[list[Sample]]:
    """The sample's dialogues without photos, packed into rows of so many tokens at most."""
    codec = codec_for(loaded, MediaStore(workspace.media))
    material = load_material(workspace, load_config(workspace.config, training=True), codec, TUNED.length)
    samples = [one for one in samples_of(material.train, codec) if one.texts and not one.photos]
    return [[samples[index] for index in row] for row in plan(samples, length, random.Random(0))][: count + _WARM]


def ours(rows: Sequence[Sequence[Sample]], loaded: LoadedModel, media: MediaStore) -> list[float]:
    lora = attach(loaded.model, TUNED, loaded.base_id)
    learner = Learner(loaded, lora, codec_for(loaded, media), media, TUNED)
    texts = sum(one.texts for row in rows for one in row) / len(rows)
    seconds = []
    for row in rows:
        begun = time.perf_counter()
        learner.step([row], 1e-3, texts, 1.0)
        seconds.append(time.perf_counter() - begun)
    return seconds


def trl(rows: Sequence[Sequence[Sample]], loaded: LoadedModel, media: MediaStore) -> list[float]:
    from datasets import Dataset  # type: ignore[import-not-found]
    from peft import LoraConfig
    from pyarrow import Table  # type: ignore[import-not-found]
    from transformers import PreTrainedTokenizerFast, TrainerCallback
    from trl import SFTConfig, SFTTrainer  # type: ignore[import-not-found]

    class Times(TrainerCallback):
        def __init__(self) -> None:
            self.begun, self.seconds = 0.0, list[float]()

        def on_step_begin(self, *_: Any, **__: Any) -> None:
            self.begun = time.perf_counter()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            self.seconds.append(time.perf_counter() - self.begun)

    model, times = _as_llama(loaded), Times()
    end = loaded.tokenizer.id_to_token(codec_for(loaded, media).end_of_turn)
    words = PreTrainedTokenizerFast(tokenizer_object=loaded.tokenizer, eos_token=end, pad_token=end)  # type: ignore[no-untyped-call]
    del loaded
    with tempfile.TemporaryDirectory() as folder:
        settings = SFTConfig(
            output_dir=folder,
            per_device_train_batch_size=1,
            max_steps=len(rows),
            learning_rate=1e-3,
            max_length=None,
            gradient_checkpointing=False,
            use_cpu=True,
            bf16=model.dtype == torch.bfloat16,
            report_to=[],
            logging_strategy="no",
            save_strategy="no",
            disable_tqdm=True,
            train_sampling_strategy="sequential",
            dataset_kwargs={"skip_prepare_dataset": True},
        )
        learnt = LoraConfig(
            r=TUNED.rank,
            lora_alpha=TUNED.alpha,
            lora_dropout=TUNED.dropout,
            target_modules=list(TUNED.targets),
            task_type="CAUSAL_LM",
        )
        data = Dataset(Table.from_pylist([_as_labelled(row) for row in rows]), fingerprint="rows")
        SFTTrainer(
            model, args=settings, train_dataset=data, processing_class=words, peft_config=learnt, callbacks=[times]
        ).train()
    return times.seconds


def _as_llama(loaded: LoadedModel) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    inner = loaded.model.config.get_text_config()
    config = LlamaConfig(
        vocab_size=inner.vocab_size,
        hidden_size=inner.hidden_size,
        intermediate_size=inner.intermediate_size,
        num_hidden_layers=inner.num_hidden_layers,
        num_attention_heads=inner.num_attention_heads,
        num_key_value_heads=inner.num_key_value_heads,
        max_position_embeddings=inner.max_position_embeddings,
        rms_norm_eps=inner.rms_norm_eps,
        rope_parameters={"rope_type": "default", "rope_theta": 100_000.0},
        tie_word_embeddings=True,
    )
    model: Any = LlamaForCausalLM(config)
    model.to(loaded.model.dtype)
    named = loaded.model.state_dict()
    for name, value in model.state_dict().items():
        value.copy_(named[name if name.startswith("lm_head") else name.replace("model.", "model.language_model.", 1)])
    return model


def _as_labelled(row: Sequence[Sample]) -> dict[str, list[int]]:
    """All of a row's tokens, of which the subject's are learnt."""
    ids: list[int] = []
    labels: list[int] = []
    for sample in row:
        own = [IGNORED] * len(sample.ids)
        for place in sample.places:
            if place.target != IGNORED:
                own[place.at + 1] = place.target
        ids += sample.ids
        labels += own
    return {"input_ids": ids, "labels": labels}


def _measured(who: str, root: Path, length: int, count: int) -> None:
    use_physical_cores()
    workspace = Workspace.open(root)
    loaded = load(load_config(workspace.config, training=True).model.base, "cpu", fastest_dtype("cpu", "auto"))
    rows = rows_of(workspace, loaded, length, count)
    seconds = (ours if who == "ours" else trl)(rows, loaded, MediaStore(workspace.media))
    told = {
        "seconds": sum(seconds[_WARM:]),
        "tokens": sum(len(one.ids) for row in rows[_WARM:] for one in row),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }
    print(json.dumps(told))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path, help="of the English sample, on embedded-en")
    parser.add_argument("--length", type=int, default=1024, help="of a row (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=8, help="that are counted, in each round (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(default: %(default)s)")
    parser.add_argument("--only", choices=("ours", "trl"), help="one round of one of them, here")
    asked = parser.parse_args()
    if asked.only:
        return _measured(asked.only, asked.workspace, asked.length, asked.steps)
    again = [sys.executable, "-m", "tests.finetune.beside_trl", str(asked.workspace)]
    again += ["--length", str(asked.length), "--steps", str(asked.steps)]
    ratios, peaks = [], []
    for number in range(asked.rounds):
        speed, peak = {}, {}
        for who in ("ours", "trl") if number % 2 == 0 else ("trl", "ours"):
            said = subprocess.run([*again, "--only", who], check=True, stdout=subprocess.PIPE, text=True).stdout
            told = json.loads(said.splitlines()[-1])
            speed[who], peak[who] = told["tokens"] / told["seconds"], told["peak"]
            print(f"{who}: {speed[who]:.0f} tokens a second, {peak[who]:.2f} GB at the peak", flush=True)
        ratios.append(speed["ours"] / speed["trl"])
        peaks.append(peak["ours"] / peak["trl"])
    print(
        f"tokens a second, ours / TRL's: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}); "
        f"memory {statistics.median(peaks):.2f}"
    )


if __name__ == "__main__":
    main()
