"""One run, from the workspace to a LoRA's folder."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import torch
from peft import PeftModel

from bot.chat.prompt import Codec, Fingerprint
from bot.config import Config, load_config
from bot.consent import Use, require
from bot.engine.describe import describe
from bot.engine.models import LoadedModel, codec_for, load
from bot.errors import EchoesError
from bot.media import MediaStore
from bot.workspace import Workspace, write_private
from training.data.canaries import save as save_canaries
from training.finetune.batches import waste
from training.finetune.card import Facts, card, record
from training.finetune.checkpoint import FOLDER, Position, Run
from training.finetune.clock import Clock
from training.finetune.deciding import SHARE, as_served, calibrate, groups, reading_seconds, told
from training.finetune.device import hardware, training_dtype, use_physical_cores
from training.finetune.epoch import correction, epoch_of
from training.finetune.first import begin, first_lora
from training.finetune.heldout import DECISIONS, TEXTS, HeldOut, doubt
from training.finetune.learner import Learner
from training.finetune.loop import Loop
from training.finetune.lora import attach, count, save_adapter, set_weights
from training.finetune.material import Material, by_company, gather
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
        material = gather(workspace, config, codec_for(described, media), settings.preset.length, secrets)
        if material.left_out:
            reporter.note(material.left_out)
        key = _key(settings, described.id, material)
        resuming = not settings.fresh and run.key() == key
        if not resuming:
            run.begin(key)
        use_physical_cores()
        try:
            loaded = _load(config, reporter)
            torch.manual_seed(settings.seed)
            lora = attach(loaded.model, settings.preset, loaded.base_id)
            begin(lora, settings.preset, loaded.base_id)
            codec = codec_for(loaded, media)
            learnt = correction(samples_of(material.train, codec), settings.preset)
            trained = _Trained(settings, config, material, loaded, lora, codec, media, learnt)
            position = _fit(trained, run, clock, reporter, resuming)
            folder = _finish(trained, workspace, name, run, position, clock, reporter)
        except (torch.OutOfMemoryError, MemoryError) as error:
            raise EchoesError(_no_memory(config)) from error
        except RuntimeError as error:
            if "allocate memory" not in str(error):
                raise
            raise EchoesError(_no_memory(config)) from error
        run.clear()
    return folder


@dataclass(frozen=True, slots=True)
class _Trained:
    """What training and finishing both need."""

    settings: TrainSettings
    config: Config
    material: Material
    loaded: LoadedModel
    lora: PeftModel
    codec: Codec
    media: MediaStore
    correction: float  # of the log-odds, see `epoch.correction`


def _key(settings: TrainSettings, base_id: str, material: Material) -> str:
    """Tells whether an unfinished run was for the same: settings, base model, data, and how much of it is held out.

    Time and name may differ.
    """
    asked = json.dumps([asdict(settings.preset), settings.seed, settings.tokens, base_id, TEXTS, DECISIONS])
    digest = hashlib.sha256(asked.encode())
    for dialogue in (*material.train, *material.validation):
        digest.update(repr(dialogue).encode())
    return digest.hexdigest()


def _load(config: Config, reporter: Reporter) -> LoadedModel:
    model = config.model
    return load(model.base, model.device, training_dtype(model.device, model.dtype), model.four_bit, reporter.note)


def _no_memory(config: Config) -> str:
    small = "" if config.model.four_bit else ", set model.four_bit: true (with a GPU)"
    return (
        f"The memory of this machine does not suffice to train {config.model.base}: run `echoes train` with a smaller "
        f"--length such as 512{small}, or choose a smaller model.base."
    )


def _fit(trained: _Trained, run: Run, clock: Clock, reporter: Reporter, resuming: bool) -> Position:
    settings, material = trained.settings, trained.material
    preset = settings.preset
    judged = samples_of(material.validation, trained.codec, bubbles=preset.bubbles)
    held_out = HeldOut(judged, preset.batch_tokens, settings.seed)
    learner = Learner(trained.loaded, trained.lora, trained.codec, trained.media, preset, trained.correction)
    loop = Loop(
        learner,
        trained.codec,
        material.train,
        held_out,
        run,
        clock,
        reporter,
        settings.seed,
        settings.checkpoint_seconds,
        after_training=lambda speed: _after_training(trained, speed),
        tokens=settings.tokens,
    )
    if resuming and (checkpoint := run.load()):
        loop.resume(checkpoint)
        reporter.note(f"Going on with the unfinished run, from step {checkpoint.position.step}.")
    return loop.fit()


def _after_training(trained: _Trained, tokens_per_second: float) -> float:
    """Seconds to keep free at the end, for the calibration and for writing."""
    minutes = trained.settings.minutes
    if minutes is None:
        return 0.0
    tokens = sum(len(sample.ids) for sample in samples_of(groups(trained.material.validation), trained.codec))
    return reading_seconds(tokens, minutes, trained.loaded, tokens_per_second) + _margin(minutes)


def _margin(minutes: float) -> float:
    """Seconds for plot, card and disk."""
    return 4.0 + 0.02 * minutes * 60


def _finish(
    trained: _Trained,
    workspace: Workspace,
    name: str,
    run: Run,
    position: Position,
    clock: Clock,
    reporter: Reporter,
) -> Path:
    best = run.load_best()
    if best is None:
        raise EchoesError(f"The best weights are missing from {run.folder}: start over with `echoes train --fresh`.")
    set_weights(trained.lora, best)
    _warn(position, reporter)
    reporter.note("Calibrating the decision on the validation days.")
    served = as_served(trained.loaded, best, trained.settings.preset, trained.config.model)
    seconds = None
    if clock.minutes is not None:
        seconds = max(clock.minutes * 60 - clock.elapsed - _margin(clock.minutes), SHARE * clock.minutes * 60)
    validation, points = trained.material.validation, trained.material.points
    fitted = calibrate(served, trained.codec, trained.media, validation, points, seconds, trained.correction)
    position.seconds = clock.elapsed
    facts = _facts(trained, position, told(fitted))

    def fill(folder: Path) -> None:
        save_adapter(trained.lora, best, folder)
        fitted.calibration.save(folder)
        write_private(folder / "loss.png", loss_plot(position))
        write_private(folder / "card.md", card(facts).encode())
        write_private(folder / "training.json", record(facts).encode())
        trained.material.splits.borders.save(folder)
        if trained.material.canaries:
            save_canaries(trained.material.canaries, folder)
        Fingerprint.of(trained.loaded.base_id, trained.codec).save(folder)

    return publish(workspace.loras, name, run.folder, fill)


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


def _facts(trained: _Trained, position: Position, decision: Mapping[str, str]) -> Facts:
    settings, material, loaded = trained.settings, trained.material, trained.loaded
    epoch = epoch_of(material.train, trained.codec, settings.preset, settings.seed, 0)
    samples = samples_of(material.train, trained.codec)
    company = by_company(material.train)
    return Facts(
        base=loaded.base_id,
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
        position=position,
        decision=decision,
        weights=count(trained.lora),
        waste=waste(epoch.samples, epoch.batches),
        hardware=hardware(loaded.device),
        precision=str(loaded.model.dtype).removeprefix("torch."),
        seed=settings.seed,
        begun=first_lora(loaded.base_id) is not None,
        canaries=sum(canary.times for canary in material.canaries),
    )
