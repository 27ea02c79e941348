"""Trains the variants one after another, measures each as soon as it is there, and keeps the table up to date."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bot.config import load_config
from bot.engine.describe import describe
from bot.engine.matrices import decoder_of
from bot.errors import ConfigError, ConsentError, DataError, EchoesError, UsageError
from bot.lora import LATEST
from bot.workspace import Workspace, private_dir, write_private
from training.data.splits import Borders
from training.evaluation.limits import FULL, Limits
from training.finetune import Reporter, TrainSettings, train
from training.finetune.publish import point_latest
from training.recipes.ablations.bench import Bench
from training.recipes.ablations.measure import COLUMNS, Row
from training.recipes.ablations.table import Table, as_json, markdown
from training.recipes.ablations.variants import BASE, REFERENCE, VARIANTS, Variant

FOLDER, TABLE = "ablations", "table"


@dataclass(frozen=True, slots=True)
class CompareSettings:
    """What to compare. tokens: that each LoRA reads. train False: only measure. panels: of the report, in `limits`."""

    variants: Sequence[Variant]
    tokens: int
    seed: int = 0
    train: bool = True
    panels: Sequence[str] = ()
    limits: Limits = FULL


def compare(workspace: Workspace, settings: CompareSettings, reporter: Reporter) -> Path:
    """Returns the table in Markdown; the same as JSON lies beside it. What is there already is not made again.

    A variant that cannot be trained or measured gets a row that says why. Raises EchoesError where all of them cannot.
    """
    with ExitStack() as opened:
        return _compare(workspace, settings, reporter, opened)


def _compare(workspace: Workspace, settings: CompareSettings, reporter: Reporter, opened: ExitStack) -> Path:
    config = load_config(workspace.config, training=True)
    bench: Bench | None = None
    table = Table(list(COLUMNS), [])
    path = workspace.root / FOLDER / f"{TABLE}{f'-seed{settings.seed}' if settings.seed else ''}.md"
    width = decoder_of(describe(config.model.base, reporter.note)).width
    for number, general in enumerate(settings.variants, 1):
        variant = replace(general, preset=general.preset.at(width))
        lora = workspace.loras / variant.lora(settings.seed)
        if not lora.exists() and not settings.train:
            continue
        reporter.note(f"[{number}/{len(settings.variants)}] {variant.name}: {variant.what}")
        try:
            if not lora.exists():
                _train(workspace, variant, settings, reporter)
            _check(lora, variant, settings)
            if bench is None:
                bench = Bench(workspace, config, _borders(lora), reporter, opened)
                table.rows.append(Row(BASE, "the prompt only", bench.measure_base()))
            measured = dict(bench.measure(lora, _reference(lora, settings)))
            for key in settings.panels:
                found = bench.examine(lora, key, settings.limits)
                table.add(found.metrics, BASE, found.base)
                measured |= found.lora
            table.rows.append(Row(variant.name, variant.what, measured))
        except (UsageError, DataError, ConfigError, ConsentError):
            raise
        except EchoesError as error:
            table.rows.append(Row(variant.name, variant.what, {}, str(error)))
        _write(path, table, settings)
    if not table.rows:
        raise UsageError(f"There is nothing to measure in {workspace.loras}: leave out --measure, to train first.")
    return path


def _train(workspace: Workspace, variant: Variant, settings: CompareSettings, reporter: Reporter) -> None:
    training = TrainSettings(variant.preset, variant.lora(settings.seed), seed=settings.seed, tokens=settings.tokens)
    with _avatar_kept(workspace.loras, VARIANTS[REFERENCE].lora(settings.seed)):
        train(workspace, training, reporter)


@contextmanager
def _avatar_kept(loras: Path, reference: str) -> Iterator[None]:
    """`latest` stays the avatar's own LoRA; without one it is the reference. What is compared shall not speak."""
    link = loras / LATEST
    before = link.readlink().name if link.is_symlink() else None
    try:
        yield
    finally:
        if before or (loras / reference).exists():
            point_latest(loras, before or reference)


def _check(lora: Path, variant: Variant, settings: CompareSettings) -> None:
    """Raises EchoesError where it was trained otherwise.

    Its losses on validation days stay where they are: each run measures them on batches of its own preset.
    """
    record = _record(lora)
    preset, tokens = json.loads(json.dumps(asdict(variant.preset))), record["position"]["tokens"]
    enough = settings.tokens <= tokens < settings.tokens + 2 * max(variant.preset.batch_tokens, variant.preset.length)
    if {**preset, **record["preset"]} != preset or record["seed"] != settings.seed or not enough:
        raise EchoesError(f"{lora} was trained with other settings, seed or tokens: remove it, to train it again.")


def _record(lora: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads((lora / "training.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise EchoesError(f"{lora / 'training.json'} cannot be read: remove the folder, to train it again.") from error
    return record


def _borders(lora: Path) -> Borders:
    found = Borders.load(lora)
    if found is None:
        raise EchoesError(f"{lora} does not say which days it has learnt: remove it, to train it again.")
    return found


def _reference(lora: Path, settings: CompareSettings) -> Path | None:
    """What it is compared with, where that is trained already."""
    reference = lora.parent / VARIANTS[REFERENCE].lora(settings.seed)
    return reference if reference != lora and reference.exists() else None


def _write(path: Path, table: Table, settings: CompareSettings) -> None:
    about = [
        f"Each LoRA read {settings.tokens:,} tokens with seed {settings.seed}. Weights to keep and the decision's "
        "calibration were chosen on validation days; the rest is measured on test days, with 95 % intervals of a "
        "bootstrap clustered by day, not by seed. Differences to tuned are paired, reply by reply.",
    ]
    private_dir(path.parent)
    write_private(path, markdown(table, about).encode())
    write_private(path.with_suffix(".json"), as_json(table, settings.tokens, settings.seed).encode())
