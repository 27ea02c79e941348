"""One run, from the workspace to a LoRA's folder."""

import gc
import hashlib
import json
from collections.abc import Coroutine, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import torch
from peft import PeftConfig

from bot.chat.prompt import Codec, Fingerprint
from bot.chat.prompt.render import BLOCKS, RENDERER
from bot.config import Config, load_config
from bot.consent import Use, require
from bot.engine.base import BatchEngine
from bot.engine.blocking import blocking
from bot.engine.describe import codec_for, describe
from bot.engine.device import fastest_dtype, hardware, use_physical_cores
from bot.engine.factory import build_batch_engine, build_local_engine
from bot.engine.models import LoadedModel, dtype_of, load
from bot.errors import EchoesError, PassingError, PermanentError
from bot.media import MediaStore
from bot.workspace import Workspace, write_private
from training.calibration import SHARE, Fitted, calibrate, groups, reading_seconds, told
from training.data.canaries import save as save_canaries
from training.finetune.batches import waste
from training.finetune.card import Facts, card, record
from training.finetune.checkpoint import FOLDER, Position, Run
from training.finetune.clock import Clock
from training.finetune.epoch import correction, epoch_of
from training.finetune.first import begin, first_lora
from training.finetune.heldout import DECISIONS, TEXTS, HeldOut, doubt
from training.finetune.learner import Learner
from training.finetune.loop import Loop
from training.finetune.lora import attach, config_of, count, save_adapter
from training.finetune.material import Material, by_company, load_material
from training.finetune.plot import loss_plot
from training.finetune.presets import TrainSettings
from training.finetune.progress import Reporter
from training.finetune.publish import free_name, publish
from training.finetune.samples import samples_of


def run_training(workspace: Workspace, settings: TrainSettings, reporter: Reporter, started: float) -> Path:
    """See `training.finetune.train`. started: on the monotonic clock, since when the minutes count."""
    clock = Clock(settings.minutes, started=started)
    require(workspace.consent, Use.TRAINING)
    config = load_config(workspace.config)
    name = free_name(workspace.loras, settings.name, datetime.now())
    run = Run(workspace.root / FOLDER)
    with run.only_one():
        media = MediaStore(workspace.media)
        described = describe(config.model.base, reporter.note)
        secrets = settings.seed if settings.canaries else None
        codec = codec_for(described, media)
        material = load_material(workspace, config, codec, settings.preset.length, secrets)
        if material.left_out:
            reporter.note(material.left_out)
        key = _key(settings, described.id, material)
        resuming = not settings.fresh and run.key() == key
        if not resuming:
            run.begin(key)
        use_physical_cores()
        try:
            task = _Task(
                settings,
                config,
                material,
                codec,
                media,
                Fingerprint.of(described.id, codec),
                correction(samples_of(material.train, codec), settings.preset),
            )
            learnt = _learn(task, run, clock, reporter, resuming)
            folder = _finish(task, learnt, workspace, name, run, clock, reporter)
        except (torch.OutOfMemoryError, MemoryError) as error:
            raise EchoesError(_no_memory(config)) from error
        except RuntimeError as error:
            if "allocate memory" not in str(error):
                raise
            raise EchoesError(_no_memory(config)) from error
        run.clear()
    return folder


@dataclass(frozen=True, slots=True)
class _Task:
    """What training and finishing both need."""

    settings: TrainSettings
    config: Config
    material: Material
    codec: Codec
    media: MediaStore
    fingerprint: Fingerprint
    correction: float  # of the log-odds, see `epoch.correction`


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What is left of training once its model is let go: the weights are in the run's folder."""

    position: Position
    shape: PeftConfig
    weights: int
    hardware: str
    precision: str


def _key(settings: TrainSettings, base_id: str, material: Material) -> str:
    """Tells whether an unfinished run was for the same: settings, prompt, base model, data, how much is held out.

    Time and name may differ.
    """
    preset = asdict(settings.preset)
    asked = json.dumps([preset, settings.seed, settings.tokens, base_id, RENDERER, BLOCKS, TEXTS, DECISIONS])
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


def _learn(task: _Task, run: Run, clock: Clock, reporter: Reporter, resuming: bool) -> _Learnt:
    settings, material, model = task.settings, task.material, task.config.model
    preset = settings.preset
    dtype = fastest_dtype(model.device, model.dtype)
    loaded = load(model.base, model.device, dtype, model.four_bit, reporter.note)
    torch.manual_seed(settings.seed)
    lora = attach(loaded.model, preset, loaded.base_id, four_bit=loaded.four_bit)
    begin(lora, preset, loaded.base_id)
    judged = samples_of(material.validation, task.codec, bubbles=preset.bubbles)
    held_out = HeldOut(judged, preset.batch_tokens, settings.seed)
    learner = Learner(loaded, lora, task.codec, task.media, preset, task.correction)
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
        after_training=lambda speed: _after_training(task, loaded, speed),
        tokens=settings.tokens,
    )
    if resuming and (checkpoint := run.load()):
        loop.resume(checkpoint)
        reporter.note(f"Going on with the unfinished run, from step {checkpoint.position.step}.")
    precision = str(loaded.model.dtype).removeprefix("torch.")
    return _Learnt(loop.fit(), config_of(lora), count(lora), hardware(loaded.device), precision)


def _after_training(task: _Task, loaded: LoadedModel, tokens_per_second: float) -> float:
    """Seconds to keep free at the end, for the calibration and for writing."""
    minutes, model = task.settings.minutes, task.config.model
    if minutes is None:
        return 0.0
    tokens = sum(len(sample.ids) for sample in samples_of(groups(task.material.validation), task.codec))
    other = dtype_of(model.device, model.dtype) != loaded.model.dtype
    return reading_seconds(tokens, minutes, tokens_per_second, other_precision=other) + _margin(minutes)


def _margin(minutes: float) -> float:
    """Seconds for plot, card and disk."""
    return 4.0 + 0.02 * minutes * 60


def _finish(
    task: _Task,
    learnt: _Learnt,
    workspace: Workspace,
    name: str,
    run: Run,
    clock: Clock,
    reporter: Reporter,
) -> Path:
    best, position = run.load_best(), learnt.position
    if best is None:
        raise EchoesError(f"The best weights are missing from {run.folder}: start over with `echoes train --fresh`.")
    _warn(position, reporter)

    def fill(folder: Path) -> None:
        save_adapter(learnt.shape, best, folder)
        task.fingerprint.save(folder)
        fitted = _calibrated(task, folder, clock, reporter)
        position.seconds = clock.elapsed
        facts = _facts(task, learnt, told(fitted))
        fitted.calibration.save(folder)
        write_private(folder / "loss.png", loss_plot(position))
        write_private(folder / "card.md", card(facts).encode())
        write_private(folder / "training.json", record(facts).encode())
        task.material.splits.borders.save(folder)
        if task.material.canaries:
            save_canaries(task.material.canaries, folder)

    return publish(workspace.loras, name, run.folder, fill)


def _calibrated(task: _Task, lora: Path, clock: Clock, reporter: Reporter) -> Fitted:
    """The decision, fitted on what the engine that will serve the LoRA says, in the precision that it serves in.

    A model server may be off while the GPU trains, or not see the LoRA: then it is fitted in process, and said so.
    """
    reporter.note("Calibrating the decision on the validation days.")
    _let_go()
    config, server = task.config, task.config.model.server
    if server is not None:
        try:
            return _asked(task, lora, build_batch_engine(config, task.media, None, task.settings.server_token), clock)
        except (PassingError, PermanentError) as error:
            reporter.note(
                f"The model server at {server.url} could not be asked, so the decision is calibrated in process: run "
                f"`echoes calibrate` when it serves. {error}"
            )
    return _asked(task, lora, build_local_engine(config, None, task.media), clock)


def _asked(task: _Task, lora: Path, made: Coroutine[Any, Any, BatchEngine], clock: Clock) -> Fitted:
    with blocking(made) as served:
        served.wait(served.engine.load_lora(lora))
        seconds = None
        if clock.minutes is not None:
            seconds = max(clock.minutes * 60 - clock.elapsed - _margin(clock.minutes), SHARE * clock.minutes * 60)
        return calibrate(served, task.material.validation, task.material.points, seconds, task.correction)


def _let_go() -> None:
    """Frees what training held: two models may be more than the memory holds."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _warn(position: Position, reporter: Reporter) -> None:
    before = position.held_out[0].text
    kept = next(one for one in reversed(position.held_out) if one.step == position.best_step)
    if before is not None and kept.text is not None and kept.text >= before:
        reporter.note(
            f"The training did not help: on held-out days the text loss went from {before:.2f} to {kept.text:.2f}. "
            "Train longer, or import more chats."
        )
    if words := doubt(position.held_out_texts, position.held_out_decisions):
        reporter.note(words)


def _facts(task: _Task, learnt: _Learnt, decision: Mapping[str, str]) -> Facts:
    settings, material, base = task.settings, task.material, task.fingerprint.base_model
    epoch = epoch_of(material.train, task.codec, settings.preset, settings.seed, 0)
    samples = samples_of(material.train, task.codec)
    company = by_company(material.train)
    return Facts(
        base=base,
        preset=settings.preset,
        language=material.persona.language,
        trained_at=datetime.now().astimezone(),
        messages=material.messages,
        chats=material.chats,
        days={split.value: number for split, number in material.splits.count().items()},
        dialogues=len(material.train),
        questionnaire=material.questionnaire,
        texts=sum(sample.texts for sample in samples),
        turns=sum(share.turns for share in company.values()),
        decisions=sum(sample.decisions for sample in samples),
        company=company,
        left_out=dict(material.counts),
        position=learnt.position,
        decision=decision,
        weights=learnt.weights,
        waste=waste(epoch.samples, epoch.batches),
        hardware=learnt.hardware,
        precision=learnt.precision,
        seed=settings.seed,
        begun=first_lora(base) is not None,
        canaries=sum(canary.times for canary in material.canaries),
    )
