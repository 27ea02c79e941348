"""One evaluation, from the workspace to its report: who is examined, panel by panel, and what was written of it."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bot.chat.decision import Calibration
from bot.config import Config, load_config
from bot.engine.describe import codec_for, describe
from bot.errors import DataError, EchoesError, UsageError
from bot.lora import find_lora
from bot.media import MediaStore
from bot.memory.meaning import open_meaning
from bot.memory.trained import doubt, remembers
from bot.workspace import Workspace, private_dir, write_private
from training.data.splits import Borders, Split
from training.evaluation.asking.model_respondent import ModelRespondent
from training.evaluation.data import EvaluationData, load_evaluation_data
from training.evaluation.forecast import Forecast, forecast
from training.evaluation.limits import FULL, Limits
from training.evaluation.opened import FOLDER, Models, ModelUnderTest
from training.evaluation.panel import LETTERS, Panel
from training.evaluation.panels.style.embedding import embedder
from training.evaluation.report import Header, Period, Report, to_html, to_json, training_facts
from training.evaluation.respondent import Respondents
from training.evaluation.standard import PANELS, Examined
from training.evaluation.words import Words

HTML, JSON = "report.html", "report.json"


@dataclass(frozen=True, slots=True)
class EvaluateSettings:
    """What one evaluation is asked to do.

    only: keys of PANELS. lora: a name, `latest`, `none` for the base model alone, or None for what config.yaml says.
    against: a second LoRA. model False: only what needs no model. out: where the report goes, if not to the workspace.
    embedding_model: a folder, for a third judge of style. server_token: where the model's server asks for one.
    """

    only: frozenset[str] = frozenset(PANELS)
    limits: Limits = FULL
    quick: bool = False
    lora: str | None = None
    against: str | None = None
    model: bool = True
    seed: int = 0
    out: Path | None = None
    embedding_model: Path | None = None
    server_token: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    report: Report
    html: Path
    json: Path


def evaluate(workspace: Workspace, settings: EvaluateSettings, note: Callable[[str], None]) -> Written:
    """Examines the avatar on the days it has not seen and writes the report. `note` is told what takes long.

    Raises UsageError, ConfigError, DataError or PermanentError where something is missing, and says what to do.
    """
    started = time.monotonic()
    config = load_config(workspace.config)
    chosen = _Chosen.of(workspace, config, settings)
    note("Reading the chats.")
    data = _load(workspace, config, chosen, note)
    words = Words(data.language)
    keys = [key for key in PANELS if key in settings.only and (settings.model or key == "decision")]
    examine = partial(_examined, chosen=chosen, words=words, settings=settings)
    panels, precisions = dict[str, Panel](), dict[str, str]()

    def sitting(group: Sequence[str], model: ModelUnderTest | None) -> None:
        for key in group:
            note(f"{words(f'panels.{key}')}.")
            panels[key] = _panel(key, data, examine(model) if model else Examined(), settings.limits, words)
            precisions[key] = model.engine.precision if model else ""

    with _models(workspace, config, settings, note) as models, closing(data.memory) if data.memory else nullcontext():
        groups = models.groups(keys) if models else [keys]
        if models and not settings.quick:
            note("Counting what is to be asked, and trying how fast it goes here.")
            forecasts = [forecast(data, models.of(group), examine, group, settings.limits) for group in groups]
            note(str(sum(forecasts, Forecast())))
        for group in reversed(groups):  # the model of the last one is open already
            sitting(group, models.of(group) if models else None)
    header = _header(config, data, settings, chosen, _precision(precisions, words))
    report = Report(header, tuple(panels[key] for key in keys), time.monotonic() - started)
    return _write(report, settings.out or workspace.root / FOLDER, MediaStore(workspace.media))


def _models(
    workspace: Workspace, config: Config, settings: EvaluateSettings, note: Callable[[str], None]
) -> AbstractContextManager[Models | None]:
    if not settings.model:
        return nullcontext()
    return Models(workspace, config, note, quick=settings.quick, token=settings.server_token)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Which LoRAs are examined, and the days that neither of them has seen."""

    lora: Path | None
    against: Path | None
    borders: Borders | None

    @classmethod
    def of(cls, workspace: Workspace, config: Config, settings: EvaluateSettings) -> "_Chosen":
        def find(name: str | None) -> Path | None:
            return find_lora(workspace.loras, name or config.model.lora, audits=name is not None)

        lora = find(settings.lora) if settings.model else None
        against = find(settings.against) if settings.model and settings.against else None
        if settings.against and (lora is None or against is None or against.resolve() == lora.resolve()):
            raise UsageError("--against wants a second LoRA, other than the one that is evaluated.")
        known = [found for folder in (lora, against) if folder and (found := Borders.load(folder))]
        borders = known[0] if known else None
        return cls(lora, against, borders.latest(known[-1]) if borders else None)


def _load(workspace: Workspace, config: Config, chosen: _Chosen, note: Callable[[str], None]) -> EvaluationData:
    described = describe(config.model.base, note)
    length = min(config.model.context_tokens, described.max_positions)
    codec = codec_for(described, MediaStore(workspace.media))
    remember = all(remembers(lora) for lora in (chosen.lora, chosen.against))
    if remember and config.conversation.remember:
        meaning = open_meaning(config.memory, load=False)
        for lora in (chosen.lora, chosen.against):
            if odd := doubt(lora, meaning.encoder if meaning else None):
                note(odd)
    data = load_evaluation_data(workspace, config, codec, length, chosen.borders, remember=remember)
    if not data.own(Split.TEST):
        raise DataError("The subject says nothing on the days to measure on: import more of their chats.")
    return data


def _examined(model: ModelUnderTest, chosen: _Chosen, words: Words, settings: EvaluateSettings) -> Examined:
    embed = embedder(settings.embedding_model) if settings.embedding_model else None
    base = ModelRespondent(words("panel.the_base"), model, None)
    name = chosen.lora.name if chosen.lora and chosen.against else words("panel.the_avatar")
    avatar = ModelRespondent(name, model, chosen.lora) if chosen.lora else None
    against = ModelRespondent(chosen.against.name, model, chosen.against) if chosen.against else None
    calibrations = {
        respondent.name: Calibration.load(folder)
        for respondent, folder in ((avatar, chosen.lora), (against, chosen.against))
        if respondent and folder
    }
    return Examined(Respondents(base, avatar, against), calibrations, chosen.lora, embed)


def _precision(of_panels: Mapping[str, str], words: Words) -> str:
    """Where and in which precision the model was asked, in the reader's language; empty without a model."""
    decisions = of_panels.get("decision")
    texts = next((precision for key, precision in of_panels.items() if key != "decision"), decisions) or ""
    return (
        words("report.made.precisions", texts=texts, decisions=decisions) if decisions not in (None, texts) else texts
    )


def _panel(key: str, data: EvaluationData, examined: Examined, limits: Limits, words: Words) -> Panel:
    """What cannot be examined says so; the other panels stand."""
    try:
        return PANELS[key](data, examined, limits)
    except EchoesError as error:
        return Panel(key, LETTERS[key], words(f"panels.{key}"), "", not_measurable=str(error))


def _header(
    config: Config, data: EvaluationData, settings: EvaluateSettings, chosen: _Chosen, precision: str
) -> Header:
    try:
        release = version("echoes-avatar")
    except PackageNotFoundError:
        release = "?"
    days_unknown = chosen.lora is not None and Borders.load(chosen.lora) is None
    return Header(
        subject=data.persona.name,
        language=data.language,
        made_at=datetime.now().astimezone(),
        version=release,
        base=config.model.base if settings.model else None,
        lora=chosen.lora.name if chosen.lora else None,
        against=chosen.against.name if chosen.against else None,
        periods=tuple(period for split in Split if (period := _period(data, split))),
        limits=settings.limits,
        seed=settings.seed,
        quick=settings.quick,
        precision=precision,
        training=training_facts(chosen.lora, data.language),
        unknown=(Words(data.language)("report.unknown.days"),) if days_unknown else (),
    )


def _period(data: EvaluationData, split: Split) -> Period | None:
    days = [day for day in data.splits.days if data.splits.split_of(day) is split]
    return Period(split, len(days), days[0], days[-1], len(data.own(split))) if days else None


def _write(report: Report, folder: Path, media: MediaStore) -> Written:
    private_dir(folder)
    written = Written(report, folder / HTML, folder / JSON)
    write_private(written.html, to_html(report, media.open).encode())
    write_private(written.json, (to_json(report) + "\n").encode())
    return written


def with_limit(limits: Limits, number: int | None) -> Limits:
    """Returns limits of at most so many of everything that is asked."""
    if number is None:
        return limits
    names = ("written", "judged", "ranked", "swapped", "asked", "probed", "talked")
    least = {name: min(number, getattr(limits, name)) for name in names}
    return replace(limits, read=number, **least)
