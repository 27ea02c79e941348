"""One run, from the workspace to a LoRA's folder."""

import gc
import hashlib
import json
import os
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import torch
from peft import PeftConfig, PeftModel

from bot.chat.prompt import Codec, Fingerprint
from bot.chat.prompt.page import PAGE
from bot.chat.prompt.render import BLOCKS, RENDERER
from bot.config import Config, load_config
from bot.consent import Use, require
from bot.engine.base import BatchEngine
from bot.engine.blocking import blocking
from bot.engine.describe import codec_for, describe
from bot.engine.device import fastest_dtype, hardware, use_physical_cores
from bot.engine.factory import build_batch_engine, build_local_engine
from bot.engine.llama.here import llama_runs
from bot.engine.matrices import Decoder, decoder_of
from bot.engine.models import LoadedModel, device_of, dtype_of, load
from bot.errors import EchoesError, PassingError, PermanentError
from bot.media import MediaStore
from bot.memory.trained import note_memory
from bot.workspace import Workspace, write_private
from training.calibration import (
    SAMPLING_SHARE,
    SHARE,
    Calibrated,
    Time,
    calibrate_all,
    groups,
    reading_seconds,
    told,
    told_sampling,
)
from training.data.canaries import save as save_canaries
from training.data.pages import NO_CONSENT
from training.data.sources import Sources
from training.finetune.batches import ROWS, waste
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
from training.finetune.memory import free_memory, memory
from training.finetune.plot import loss_plot
from training.finetune.presets import TrainSettings
from training.finetune.progress import Reporter
from training.finetune.publish import free_name, publish
from training.finetune.ranks import followers
from training.finetune.samples import samples_of
from training.finetune.sayings import Sayings, questions

_NOT_AGREED = (
    "Nothing of the diary, letters, e-mail and posts that are here is learnt: the consent does not cover them. Ask, "
    "and record it with `echoes consent`."
)


def run_training(workspace: Workspace, settings: TrainSettings, reporter: Reporter, started: float) -> Path:
    """See `training.finetune.train`. started: on the monotonic clock, since when the minutes count."""
    clock = Clock(settings.minutes, started=started)
    require(workspace.consent, Use.TRAINING)
    config = load_config(workspace.config, training=True)
    name = free_name(workspace.loras, settings.name, datetime.now())
    run = Run(workspace.root / FOLDER)
    with run.only_one():
        media = MediaStore(workspace.media)
        described = describe(config.model.base, reporter.note)
        secrets = settings.seed if settings.canaries else None
        codec = codec_for(described, media)
        material = load_material(
            workspace, config, codec, settings.preset.length, secrets, settings.preset.writing_share
        )
        if material.left_out:
            reporter.note(material.left_out)
        if any(NO_CONSENT in account.lost for account in material.writings):
            reporter.note(_NOT_AGREED)
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
                decoder_of(described),
            )
            checkpointing = _fitting(task, reporter)
            dtype = fastest_dtype(config.model.device, config.model.dtype)
            with followers(settings.processes - 1, follow, workspace.root, settings, dtype, checkpointing):
                learnt = _learn(task, checkpointing, run, clock, reporter, resuming)
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
    decoder: Decoder


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
    asked = json.dumps(
        [preset, settings.seed, settings.tokens, base_id, RENDERER, BLOCKS, PAGE, TEXTS, DECISIONS, ROWS]
    )
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


def _learn(task: _Task, checkpointing: bool, run: Run, clock: Clock, reporter: Reporter, resuming: bool) -> _Learnt:
    settings, material, model = task.settings, task.material, task.config.model
    preset = settings.preset
    dtype = fastest_dtype(model.device, model.dtype)
    loaded = load(model.base, _own_device(model.device), dtype, model.four_bit, reporter.note)
    lora = _attached(loaded, settings)
    judged = samples_of(material.validation, task.codec, bubbles=preset.bubbles)
    held_out = HeldOut(judged, preset.batch_tokens, settings.seed)
    learner = Learner(loaded, lora, task.codec, task.media, preset, task.correction, checkpointing=checkpointing)
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
        show=_showing(task, loaded, reporter) if settings.show else lambda _: None,
    )
    if resuming and (checkpoint := run.load()):
        loop.resume(checkpoint)
        reporter.note(f"Going on with the unfinished run, from step {checkpoint.position.step}.")
    precision = str(loaded.model.dtype).removeprefix("torch.")
    position = loop.fit()
    learner.release()
    return _Learnt(position, config_of(lora), count(lora), hardware(loaded.device), precision)


def _showing(task: _Task, loaded: LoadedModel, reporter: Reporter) -> Callable[[str], None]:
    sayings = Sayings(loaded, task.codec, task.media, questions(task.material.validation))

    def show(when: str) -> None:
        if said := sayings.now():
            reporter.note("\n".join((when, *(f"  {line}" for line in said))))

    return show


def follow(root: Path, settings: TrainSettings, dtype: str, checkpointing: bool) -> None:
    """Learns along, as one of the processes that the first one started, in its precision."""
    workspace = Workspace.open(root)
    config = load_config(workspace.config, training=True)
    model, media = config.model, MediaStore(workspace.media)
    use_physical_cores()
    loaded = load(model.base, _own_device(model.device), dtype, model.four_bit)
    lora = _attached(loaded, settings)
    codec = codec_for(loaded, media)
    Learner(loaded, lora, codec, media, settings.preset, checkpointing=checkpointing).follow()


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


def _fitting(task: _Task, reporter: Reporter) -> bool:
    """Returns whether activations must be computed again to fit. Raises EchoesError where not even that would."""
    model = task.config.model
    dtype = dtype_of(model.device, fastest_dtype(model.device, model.dtype))
    served = dtype_of(model.device, model.dtype)
    if llama_runs(model) or model.server is not None:
        served = dtype  # llama.cpp holds 16 bits a weight or fewer, and a server its own
    samples = samples_of(task.material.train, task.codec)
    need = memory(task.decoder, task.settings.preset, samples, dtype.itemsize, served.itemsize, four_bit=model.four_bit)
    device = device_of(model.device)
    free = free_memory(device) // (task.settings.processes if device.type == "cpu" else 1)
    if (least := max(need.checkpointed, need.serving)) > free:
        short = "set model.dtype: bfloat16, " if need.serving == least and served == torch.float32 else ""
        raise EchoesError(
            f"Training {model.base} and calibrating it takes about {least / 1e9:.1f} GB of memory, and "
            f"{free / 1e9:.1f} GB are free here: {short}close other programs, or choose a smaller model.base."
        )
    if checkpointing := need.plain > 0.9 * free:
        reporter.note(
            f"To keep all that it computes it would need about {need.plain / 1e9:.1f} GB of memory: parts of it are "
            "computed twice, which takes a third longer."
        )
    return checkpointing


def _after_training(task: _Task, loaded: LoadedModel, tokens_per_second: float) -> float:
    """Seconds to keep free at the end, for all that is fitted and for writing."""
    minutes, model = task.settings.minutes, task.config.model
    decided = groups(task.material.validation)
    decisions = sum(sum(one.counted) for one in decided)
    tokens = sum(len(sample.ids) for sample in samples_of(decided, task.codec))
    other = dtype_of(model.device, model.dtype) != loaded.model.dtype
    reading = reading_seconds(tokens, decisions, minutes, tokens_per_second, other_precision=other)
    return reading + SAMPLING_SHARE * (minutes or 0.0) * 60 + _margin(minutes or 0.0)


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
        if task.config.conversation.remember:
            note_memory(folder)
        fitted = _calibrated(task, folder, clock, reporter)
        position.seconds = clock.elapsed
        facts = _facts(task, learnt, fitted)
        fitted.save(folder)
        write_private(folder / "loss.png", loss_plot(position))
        write_private(folder / "card.md", card(facts).encode())
        write_private(folder / "training.json", record(facts).encode())
        task.material.splits.borders.save(folder)
        if task.material.canaries:
            save_canaries(task.material.canaries, folder)

    return publish(workspace.loras, name, run.folder, fill)


def _calibrated(task: _Task, lora: Path, clock: Clock, reporter: Reporter) -> Calibrated:
    """Decision and sampling, fitted on what the engine that will serve the LoRA says, in its own precision.

    A model server may be off while the GPU trains, or not see the LoRA: then it is fitted in process, and said so.
    """
    _let_go()
    config, server = task.config, task.config.model.server
    if server is not None:
        try:
            return _asked(task, _on_server(task, lora), clock, reporter)
        except (PassingError, PermanentError) as error:
            reporter.note(
                f"The model server at {server.url} could not be asked, so the avatar is calibrated in process: run "
                f"`echoes calibrate` when it serves. {error}"
            )
    return _asked(task, build_local_engine(config, lora, task.media), clock, reporter)


async def _on_server(task: _Task, lora: Path) -> BatchEngine:
    engine = await build_batch_engine(task.config, task.media, None, task.settings.server_token)
    try:
        await engine.load_lora(lora)
    except BaseException:
        await engine.aclose()
        raise
    return engine


def _asked(task: _Task, made: Coroutine[Any, Any, BatchEngine], clock: Clock, reporter: Reporter) -> Calibrated:
    """made: the engine in the making, with the LoRA on."""
    with blocking(made) as served:
        time, material = Time(), task.material
        if clock.minutes is not None:
            whole = clock.minutes * 60
            left = whole - clock.elapsed - _margin(clock.minutes)
            time = Time(max(left - SAMPLING_SHARE * whole, SHARE * whole), SAMPLING_SHARE * whole)
        sampling = task.config.sampling
        return calibrate_all(
            served,
            material.validation,
            material.points,
            sampling,
            time,
            reporter.note,
            task.correction,
            material.groups,
        )


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


def _facts(task: _Task, learnt: _Learnt, fitted: Calibrated) -> Facts:
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
        pages=material.pages,
        writings=tuple(account.as_json() for account in material.writings),
        texts=sum(sample.texts for sample in samples),
        turns=sum(share.turns for share in company.values()),
        decisions=sum(sample.decisions for sample in samples),
        company=company,
        left_out=dict(material.counts),
        position=learnt.position,
        decision=told(fitted.decision),
        sampling=told_sampling(fitted.sampling),
        weights=learnt.weights,
        waste=waste(epoch.samples, epoch.batches),
        hardware=learnt.hardware,
        precision=learnt.precision,
        seed=settings.seed,
        sources=Sources.of((*material.train, *material.validation), material.senders),
        begun=first_lora(base) is not None,
        canaries=sum(canary.times for canary in material.canaries),
    )
