"""The end of a training run: what the engine that serves says is fitted, and the LoRA's folder is written."""

from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

import torch

from bot.engine.base import BatchEngine
from bot.engine.blocking import blocking
from bot.engine.factory import build_batch_engine, build_local_engine
from bot.engine.models import LoadedModel, dtype_of
from bot.errors import EchoesError, PassingError, PermanentError
from bot.machine import give_back
from bot.memory.meaning import open_meaning
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
from training.data.sources import Sources
from training.finetune.batches import waste
from training.finetune.card import Facts, card, record
from training.finetune.checkpoint import Position, Run
from training.finetune.clock import Clock
from training.finetune.epoch import epoch_of
from training.finetune.first import first_lora
from training.finetune.heldout import doubt
from training.finetune.lora import save_adapter
from training.finetune.material import by_company
from training.finetune.plot import loss_plot
from training.finetune.progress import Reporter
from training.finetune.publish import publish
from training.finetune.samples import samples_of
from training.finetune.task import Learnt, Task


def after_training(task: Task, loaded: LoadedModel, tokens_per_second: float) -> float:
    """Returns the seconds to keep free at the end, for all that is fitted and for writing."""
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


def finish(
    task: Task,
    learnt: Learnt,
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
            meaning = open_meaning(task.config.memory, load=False)
            note_memory(folder, meaning.encoder if meaning else None)
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


def _calibrated(task: Task, lora: Path, clock: Clock, reporter: Reporter) -> Calibrated:
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


async def _on_server(task: Task, lora: Path) -> BatchEngine:
    engine = await build_batch_engine(task.config, task.media, None, task.settings.server_token)
    try:
        await engine.load_lora(lora)
    except BaseException:
        await engine.aclose()
        raise
    return engine


def _asked(task: Task, made: Coroutine[Any, Any, BatchEngine], clock: Clock, reporter: Reporter) -> Calibrated:
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
    give_back()
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


def _facts(task: Task, learnt: Learnt, fitted: Calibrated) -> Facts:
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
