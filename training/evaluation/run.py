"""One evaluation: the test days' dialogues through the base model and the LoRA, and what came of it."""

import dataclasses
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from bot.config import Config, load_config
from bot.decision import Calibration
from bot.engine.lora import LoraSlot
from bot.engine.models import codec_for, load
from bot.errors import DataError, EchoesError, UsageError
from bot.lora import find_lora
from bot.media import MediaStore
from bot.people import People, load_people
from bot.persona import Persona, load_persona
from bot.prompt import Fingerprint
from bot.workspace import Workspace, write_private
from training.corpus import Corpus
from training.dialogues import Dialogue, DialogueSettings, build
from training.evaluation import decision, likelihood
from training.evaluation.decision import DecisionReport, Gate
from training.evaluation.likelihood import LikelihoodResult
from training.evaluation.points import Point, of_split, points
from training.evaluation.scoring import Scorer, Scores
from training.finetune.device import use_physical_cores
from training.splits import Split, Splits

FILE = "evaluation.json"
PARTS = ("decision", "likelihood")
BASE, LORA = "base model", "LoRA"

_GPU_TOKENS = 16384  # of one batch


@dataclass(frozen=True, slots=True)
class EvaluateSettings:
    """limit: read only so many of the test days' dialogues, spread evenly. model False: the simple gates alone.

    lora: a name, `latest`, `none` for the base model alone, or None for what config.yaml says.
    """

    parts: frozenset[str] = frozenset(PARTS)
    limit: int | None = None
    lora: str | None = None
    model: bool = True


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Only counts and measures, no words. days and dialogues: of each split, and of the test days those read."""

    made_at: datetime
    base: str | None
    lora: str | None
    days: Mapping[str, int]
    dialogues: int
    read: int
    tokens_per_dialogue: int
    decision: DecisionReport | None
    likelihood: tuple[LikelihoodResult, ...]


@dataclass(frozen=True)
class _Known:
    """What is read of the workspace."""

    config: Config
    persona: Persona
    people: People
    splits: Splits
    points: tuple[Point, ...]


def evaluate(workspace: Workspace, settings: EvaluateSettings, note: Callable[[str], None]) -> Evaluation:
    """Measures on the last days and writes evaluation.json. `note` is told what takes long.

    Raises UsageError, ConfigError, DataError or PermanentError where something is missing, and says what to do.
    """
    config = load_config(workspace.config)
    lora = (
        find_lora(workspace.loras, settings.lora or config.model.lora, audits=settings.lora is not None)
        if settings.model
        else None
    )
    with _open(workspace) as corpus:
        known = _known(workspace, corpus, config, "decision" in settings.parts)
        if settings.model:
            result = _with_model(workspace, corpus, known, settings, lora, note)
        else:
            result = _without_model(known)
    write_private(workspace.root / FILE, (as_json(result) + "\n").encode())
    return result


def _open(workspace: Workspace) -> Corpus:
    if not workspace.corpus.exists():
        raise DataError(f"{workspace.root} holds no messages yet: run `echoes import PATH` first.")
    return Corpus.open(workspace.corpus)


def _known(workspace: Workspace, corpus: Corpus, config: Config, decisions: bool) -> _Known:
    persona, people = load_persona(workspace.persona), load_people(workspace.people)
    if not people.subject:
        raise UsageError(f"{workspace.people} does not say whom to simulate: run `echoes subject WHO` first.")
    splits = Splits.of_corpus(corpus, people)
    gap = timedelta(minutes=config.conversation.gap_minutes)
    found = points(corpus, people, persona, gap, splits) if decisions else []
    return _Known(config, persona, people, splits, tuple(found))


def _without_model(known: _Known) -> Evaluation:
    tested = of_split(known.points, Split.TEST)
    return Evaluation(datetime.now(UTC), None, None, _days(known.splits), 0, 0, 0, _decision(known, tested, []), ())


def _with_model(
    workspace: Workspace,
    corpus: Corpus,
    known: _Known,
    settings: EvaluateSettings,
    lora: Path | None,
    note: Callable[[str], None],
) -> Evaluation:
    use_physical_cores()
    model = known.config.model
    loaded = load(model.base, model.device, model.dtype, model.four_bit, note)
    media = MediaStore(workspace.media)
    codec = codec_for(loaded, media)
    fingerprint = Fingerprint.of(loaded.base_id, codec)
    if lora:
        fingerprint.check(lora)  # before anything long begins
    talk = known.config.conversation
    length = min(model.context_tokens, loaded.max_positions)
    shape = DialogueSettings(timedelta(minutes=talk.gap_minutes), talk.carried_turns, length)
    note("reading the dialogues")
    every = build(corpus, known.people, known.persona, codec, shape, known.splits, Counter())
    dialogues = [one for one in every if known.splits.split_of(one.day) is Split.TEST]
    if not dialogues:
        raise DataError("The subject says nothing on the days to measure on: import more of their chats.")
    chosen = _spread(dialogues, settings.limit)
    batch = 2048 if loaded.device.type == "cpu" else _GPU_TOKENS
    scorer = Scorer(loaded, codec, media.open, max(batch, length))
    by_base, by_lora = _score(scorer, chosen, settings, BASE), None
    if lora:
        LoraSlot(loaded, fingerprint).switch(lora)
        by_lora = _score(scorer, chosen, settings, LORA)
    return Evaluation(
        datetime.now(UTC),
        loaded.base_id,
        lora.name if lora else None,
        _days(known.splits),
        len(dialogues),
        len(chosen),
        length,
        _decision(known, *_gates(known, by_base, by_lora, lora)),
        likelihood.report(by_base.replies, by_lora.replies if by_lora else None)
        if "likelihood" in settings.parts
        else (),
    )


def _spread(dialogues: Sequence[Dialogue], limit: int | None) -> list[Dialogue]:
    if limit is None or limit >= len(dialogues):
        return list(dialogues)
    return [dialogues[number * len(dialogues) // limit] for number in range(limit)]


def _score(scorer: Scorer, dialogues: Sequence[Dialogue], settings: EvaluateSettings, name: str) -> Scores:
    with tqdm(
        total=len(dialogues),
        desc=name,
        unit="dialogue",
        dynamic_ncols=True,
        mininterval=0.2 if sys.stderr.isatty() else 15.0,
    ) as bar:
        try:
            return scorer.score(dialogues, replies="likelihood" in settings.parts, progress=bar.update)
        except torch.OutOfMemoryError as error:
            raise EchoesError(
                f"The memory of {scorer.loaded.device} does not suffice to read {scorer.batch_tokens} tokens at once: "
                "lower model.context_tokens in config.yaml, or take a smaller model."
            ) from error


def _gates(known: _Known, base: Scores, by_lora: Scores | None, lora: Path | None) -> tuple[list[Point], list[Gate]]:
    """The messages that both decided on, and the models' gates."""
    tested = [point for point in of_split(known.points, Split.TEST) if point.message in base.decisions]
    gates = [decision.model_gate(BASE, tested, base.decisions)]
    if by_lora is not None and lora is not None:
        raw = decision.model_gate(LORA, tested, by_lora.decisions)
        gates += [raw, decision.calibrated_gate(tested, raw, Calibration.load(lora))]
    return tested, gates


def _decision(known: _Known, tested: Sequence[Point], gates: Sequence[Gate]) -> DecisionReport | None:
    """None where there is nothing to decide: no groups, or too few answers to compare."""
    learnt = of_split(known.points, Split.TRAIN, Split.JUDGE)
    if not learnt or not any(point.spoke for point in tested) or all(point.spoke for point in tested):
        return None
    return decision.report(learnt, tested, [*decision.baselines(learnt, tested), *gates])


def _days(splits: Splits) -> dict[str, int]:
    return {split.value: sum(splits.split_of(day) is split for day in splits.days) for split in Split}


def as_json(evaluation: Evaluation) -> str:
    """What evaluation.json holds; what cannot be said is null."""
    return json.dumps(_plain(dataclasses.asdict(evaluation)), indent=2, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return None if isinstance(value, float) and math.isnan(value) else value
