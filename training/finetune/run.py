"""One run, from the workspace to a LoRA's folder."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

import torch
from peft import PeftModel

from bot.chat.prompt import Fingerprint
from bot.chat.prompt.page import PAGE
from bot.config import Config, ModelConfig, load_config
from bot.consent import Use, require
from bot.engine.describe import codec_for, describe
from bot.engine.device import fastest_dtype, hardware, use_physical_cores
from bot.engine.llama.here import llama_runs
from bot.engine.matrices import decoder_of
from bot.engine.models import LoadedModel, device_of, dtype_of, load
from bot.errors import EchoesError, UsageError
from bot.media import MediaStore
from bot.workspace import Workspace
from training.data.pages import NO_CONSENT
from training.finetune.batches import ROWS
from training.finetune.checkpoint import FOLDER, Run
from training.finetune.clock import Clock
from training.finetune.epoch import correction
from training.finetune.finish import after_training, finish
from training.finetune.first import begin
from training.finetune.heldout import DECISIONS, TEXTS, HeldOut
from training.finetune.learner import Learner
from training.finetune.loop import Loop
from training.finetune.lora import attach, config_of, count
from training.finetune.material import Material, load_material
from training.finetune.memory import free_memory, memory
from training.finetune.offset import fitted_offset
from training.finetune.presets import TrainSettings
from training.finetune.progress import Reporter
from training.finetune.publish import free_name
from training.finetune.ranks import followers
from training.finetune.samples import samples_of
from training.finetune.sayings import Question, Sayings, questions
from training.finetune.task import Learnt, Task

_NOT_AGREED = (
    "Nothing of the diary, letters, e-mail and posts that are here is learnt: the consent does not cover them. Ask, "
    "and record it with `echoes consent`."
)
_FOUR_BITS_WHOLE = (
    "--shard: a model in 4 bits cannot be divided: set model.four_bit: false in config.yaml, or leave --shard away."
)


def run_training(workspace: Workspace, settings: TrainSettings, reporter: Reporter, started: float) -> Path:
    """See `training.finetune.train`. started: on the monotonic clock, since when the minutes count."""
    clock = Clock(settings.minutes, started=started)
    require(workspace.consent, Use.TRAINING)
    config = load_config(workspace.config, training=True)
    if settings.shard and config.model.four_bit:
        raise UsageError(_FOUR_BITS_WHOLE)
    name = free_name(workspace.loras, settings.name, datetime.now())
    run = Run(workspace.root / FOLDER)
    with run.only_one():
        media = MediaStore(workspace.media)
        described = describe(config.model.base, reporter.note)
        decoder = decoder_of(described)
        settings = replace(settings, preset=settings.preset.at(decoder.width))
        secrets = settings.seed if settings.canaries else None
        codec = codec_for(described, media)
        material = load_material(
            workspace, config, codec, settings.preset.length, secrets, settings.preset.writing_share
        )
        if material.left_out:
            reporter.note(material.left_out)
        if any(NO_CONSENT in account.lost for account in material.writings):
            reporter.note(_NOT_AGREED)
        fingerprint = Fingerprint.of(described.id, codec)
        key = _key(settings, fingerprint, material)
        resuming = not settings.fresh and run.key() == key
        if not resuming:
            run.begin(key)
        use_physical_cores()
        try:
            task = Task(
                settings,
                config,
                material,
                codec,
                media,
                fingerprint,
                correction(samples_of(material.train, codec), settings.preset),
                decoder,
            )
            kept, taken = _fitting(task, reporter)
            dtype = fastest_dtype(config.model.device, config.model.dtype)
            with followers(settings.processes - 1, follow, workspace.root, settings, dtype, kept):
                learnt = _learn(task, kept, taken, run, clock, reporter, resuming)
            corrected = replace(task, correction=task.correction + (learnt.position.offset or 0.0))
            folder = finish(corrected, learnt, workspace, name, run, clock, reporter)
        except (torch.OutOfMemoryError, MemoryError) as error:
            raise EchoesError(_no_memory(config)) from error
        except RuntimeError as error:
            if "allocate memory" not in str(error):
                raise
            raise EchoesError(_no_memory(config)) from error
        run.clear()
    return folder


def _key(settings: TrainSettings, fingerprint: Fingerprint, material: Material) -> str:
    """Tells whether an unfinished run was for the same: settings, prompt, base model, data, how much is held out.

    Time and name may differ.
    """
    preset = asdict(settings.preset)
    asked = json.dumps([preset, settings.seed, settings.tokens, asdict(fingerprint), PAGE, TEXTS, DECISIONS, ROWS])
    digest = hashlib.sha256(asked.encode())
    for dialogue in (*material.train, *material.validation):
        digest.update(repr(dialogue).encode())
    return digest.hexdigest()


def _no_memory(config: Config) -> str:
    small = "" if config.model.four_bit else ", set model.four_bit: true (with a GPU)"
    return (
        f"The memory of this machine does not suffice to train {config.model.base}: run `echoes train` with a smaller "
        f"--length such as 512{small}, or choose a smaller model.base."
    )


def _learn(
    task: Task, kept: int | None, taken: int, run: Run, clock: Clock, reporter: Reporter, resuming: bool
) -> Learnt:
    """kept: tokens of a row of which all is kept. taken: bytes of memory, as foretold."""
    settings, material, model = task.settings, task.material, task.config.model
    preset = settings.preset
    dtype = fastest_dtype(model.device, model.dtype)
    learner = _learner(model, settings, dtype, kept, task.media, task.correction, reporter.note)
    loaded, lora = learner.loaded, learner.lora
    judged = samples_of(material.validation, task.codec, bubbles=preset.bubbles)
    held_out = HeldOut(judged, preset.batch_tokens, settings.seed)
    loop = Loop(
        learner,
        task.codec,
        material.train,
        held_out,
        run,
        clock,
        reporter,
        settings.seed,
        settings.checkpoint_seconds,
        after_training=lambda speed: after_training(task, loaded, speed),
        tokens=settings.tokens,
        memory=taken,
        show=_showing(task, learner, reporter) if settings.show else lambda _: None,
    )
    if resuming and (checkpoint := run.load()):
        loop.resume(checkpoint)
        reporter.note(f"Going on with the unfinished run, from step {checkpoint.position.step}.")
    if loop.position.offset is None:
        samples = samples_of(material.train, task.codec, bubbles=preset.bubbles)
        if any(sample.decisions for sample in samples):
            reporter.note("Reading how often it would answer in groups as it is.")
        loop.position.offset = fitted_offset(learner, samples, settings.seed) - task.correction
    learner.offset = loop.position.offset
    precision = str(loaded.model.dtype).removeprefix("torch.")
    position = loop.fit()
    learner.release()
    return Learnt(position, config_of(lora), count(lora), hardware(loaded.device), precision)


def _showing(task: Task, learner: Learner, reporter: Reporter) -> Callable[[str], None]:
    asked = questions(task.material.validation)

    def show(when: str) -> None:
        if said := learner.ask(_said, asked):
            reporter.note("\n".join((when, *(f"  {line}" for line in said))))

    return show


def _said(learner: Learner, asked: Sequence[Question]) -> list[str]:
    return Sayings(learner.loaded, learner.codec, learner.media, asked).now()


def follow(root: Path, settings: TrainSettings, dtype: str, kept: int | None) -> None:
    """Learns along, as one of the processes that the first one started, in its precision."""
    workspace = Workspace.open(root)
    model = load_config(workspace.config, training=True).model
    use_physical_cores()
    _learner(model, settings, dtype, kept, MediaStore(workspace.media)).follow()


def _learner(
    model: ModelConfig,
    settings: TrainSettings,
    dtype: str,
    kept: int | None,
    media: MediaStore,
    correction: float = 0.0,
    progress: Callable[[str], None] | None = None,
) -> Learner:
    """What learns in this process, on its own GPU where there are several."""
    device = _own_device(model.device)
    divided = device_of(device) if settings.shard else None
    if divided:  # each process opens all of it in main memory, and moves its part from there
        device, dtype = "cpu", str(dtype_of(device, dtype)).removeprefix("torch.")
    loaded = load(model.base, device, dtype, model.four_bit, progress)
    lora, codec = _attached(loaded, settings), codec_for(loaded, media)
    return Learner(loaded, lora, codec, media, settings.preset, correction, kept=kept, divided=divided)


def _attached(loaded: LoadedModel, settings: TrainSettings) -> PeftModel:
    """The LoRA as it begins, the same in each process."""
    torch.manual_seed(settings.seed)
    lora = attach(loaded.model, settings.preset, loaded.base_id, four_bit=loaded.four_bit)
    begin(lora, settings.preset, loaded.base_id)
    return lora


def _own_device(device: str) -> str:
    """One GPU a process, where `auto` leaves the choice."""
    number = os.environ.get("LOCAL_RANK")
    return f"cuda:{number}" if device == "auto" and number and torch.cuda.is_available() else device


def _fitting(task: Task, reporter: Reporter) -> tuple[int | None, int]:
    """Returns how many tokens a row may have of which all is kept (None: any number), and the bytes that it will take.

    Raises EchoesError where it cannot be done whatever is computed twice.
    """
    model = task.config.model
    dtype = dtype_of(model.device, fastest_dtype(model.device, model.dtype))
    served = dtype_of(model.device, model.dtype)
    if model.server is not None or (llama_runs(model) and model.quantize != "f16"):
        served = dtype  # a server holds its own, and llama.cpp such a file; of 16 bits, torch weighs the words in 32
    samples = samples_of(task.material.train, task.codec)
    device, settings = device_of(model.device), task.settings
    sharing = settings.processes if device.type == "cpu" else 1  # of one memory
    need = memory(
        task.decoder,
        settings.preset,
        samples,
        dtype.itemsize,
        served.itemsize,
        four_bit=model.four_bit,
        shards=settings.processes if settings.shard and sharing == 1 else 1,  # in main memory each opens all of it
    )
    if settings.shard and model.server is not None:
        need = replace(need, serving=0)  # the server holds it, on GPUs of its own
    free = free_memory(device) // sharing
    if need.least > free:
        short = "set model.dtype: bfloat16, " if need.serving == need.least and served == torch.float32 else ""
        if settings.shard and need.checkpointed <= free:
            short += "name a server that calibrates and serves it (model.server), "
        raise EchoesError(
            f"Training {model.base} and calibrating it takes about {need.least / 1e9:.1f} GB of memory, and "
            f"{free / 1e9:.1f} GB are free here: {short}close other programs, or choose a smaller model.base."
        )
    kept = need.keeps(free)
    reporter.note(
        f"Training {model.base} and calibrating it will take about {need.taken(kept) / 1e9:.1f} GB of memory, of "
        f"{free / 1e9:.1f} GB that are free here."
    )
    if kept is not None:
        reporter.note(
            f"To keep all that it computes it would need about {need.plain / 1e9:.1f} GB: of more than {kept} tokens "
            "at once parts are computed twice, which takes up to two thirds longer."
        )
    return kept, need.taken(kept)
