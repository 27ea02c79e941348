"""The base model of a workspace, opened to be examined: the same for every report and comparison."""

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from bot.chat.prompt import Codec
from bot.config import Config, SamplingConfig
from bot.engine.base import BatchEngine, Batches
from bot.engine.blocking import Blocking, blocking
from bot.engine.device import fastest_dtype, use_physical_cores
from bot.engine.factory import build_batch_engine
from bot.engine.llama.here import llama_runs
from bot.engine.models import dtype_of
from bot.lora import SHAPE, WEIGHTS
from bot.machine import give_back
from bot.sampling import Sampling
from bot.workspace import Workspace
from training.evaluation.asking.store import Answers, AnswerStore, digest
from training.evaluation.panels.context.pictures import StandIns

FOLDER = "evaluation"
"""In the workspace: the report, and the answers kept for the next one. Deleting it costs only time."""

_KEPT = "answers.sqlite"

T = TypeVar("T")


class ModelUnderTest:
    """An engine that several respondents share: the base model and its LoRAs, one at a time on the same weights."""

    def __init__(
        self, blocking: Blocking[BatchEngine], sampling: SamplingConfig, kept: Answers | None, *, shown: bool = True
    ) -> None:
        """kept: where answers are kept; None keeps none. shown: whether its progress is."""
        self.engine, self.kept, self.shown = blocking.engine, kept, shown
        self._sampling = sampling
        self._blocking = blocking
        self._worn: Path | None = None

    @property
    def codec(self) -> Codec:
        return self.engine.codec

    def stand_in(self, blocking: Blocking[BatchEngine], kept: Answers) -> "ModelUnderTest":
        """Returns one that is asked alike, of another engine, and shows no progress."""
        return ModelUnderTest(blocking, self._sampling, kept, shown=False)

    def sampling(self, lora: Path | None) -> Sampling:
        """Returns how the one with that LoRA chooses its words, as it would when it serves."""
        return self._sampling.over(Sampling.fitted(lora))

    def identity(self, lora: Path | None) -> str:
        """A digest of the weights and of all else by which the same ids get other answers.

        Raises PermanentError where the LoRA is not for this model.
        """
        weights = []
        if lora is not None:
            self.engine.fingerprint.check(lora)
            weights = [hashlib.sha256(path.read_bytes()).digest() for path in (lora / WEIGHTS, lora / SHAPE)]
        return digest(self.engine.fingerprint, self.engine.precision, *weights)

    def each(self, lora: Path | None, batches: Batches[T]) -> Generator[dict[int, T], None, None]:
        """Yields a batch's answers with that LoRA on, or with none, as they are found.

        The LoRA stays on afterwards: more work with it costs nothing more. Raises PermanentError where it does not
        fit, EchoesError where memory does not suffice.
        """
        if lora != self._worn:
            self._blocking.wait(self.engine.load_lora(lora))
            self._worn = lora
        yield from self._blocking.each(batches)


@contextmanager
def open_model(
    workspace: Workspace,
    config: Config,
    note: Callable[[str], None],
    *,
    fastest: bool = False,
    token: str | None = None,
) -> Iterator[ModelUnderTest]:
    """Opens the model in the precision in which it serves, or, as asked, in the fastest one here.

    token: where the model's server asks for one.
    Its answers are kept in the workspace; it sees what stands in for a photo.
    Raises ConfigError or PermanentError where it cannot be loaded.
    """
    use_physical_cores()
    dtype = fastest_dtype(config.model.device, config.model.dtype) if fastest else None
    media = StandIns(workspace.media)
    with (
        closing(AnswerStore(workspace.root / FOLDER / _KEPT)) as kept,
        blocking(build_batch_engine(config, media, note, token, dtype)) as served,
    ):
        yield ModelUnderTest(served, config.sampling, kept)


def reads_faster(config: Config) -> bool:
    """Whether a precision other than the one that serves is the fastest here. A server has only its own."""
    if config.model.server is None and llama_runs(config.model):
        return True
    device, dtype = config.model.device, config.model.dtype
    return config.model.server is None and dtype_of(device, fastest_dtype(device, dtype)) != dtype_of(device, dtype)


def serves_whole_weights(config: Config) -> bool:
    """Whether what serves has the weights as they were trained, in 16 bits or more, and not in 8 or 4.

    Then how likely words are differs between precisions by some 0.02 % (docs/results.md), far below any interval.
    """
    return config.model.quantize == "f16" or not llama_runs(config.model)


class Models:
    """The models that panels ask, one in memory at a time: the one that is open stays until another is wanted.

    Words are asked for in the fastest precision, decisions in the one that serves; where that one has 8 or 4 bits,
    words are asked of it, too. A quick look always asks for words in the fastest, and for decisions too, unless 8 or 4
    bits serve.
    """

    def __init__(
        self,
        workspace: Workspace,
        config: Config,
        note: Callable[[str], None],
        *,
        quick: bool = False,
        token: str | None = None,
    ) -> None:
        self._open = partial(open_model, workspace, config, note, token=token)
        whole = serves_whole_weights(config)
        self._fastest = quick or whole
        self._apart = self._fastest and reads_faster(config) and not (quick and whole)
        self._opened = ExitStack()
        self._model: ModelUnderTest | None = None
        self._is_fastest = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def groups(self, panels: Iterable[str]) -> list[list[str]]:
        """Returns the panels in groups that ask one model each, the decisions first."""
        asked = list(panels)
        decisions = [panel for panel in asked if self._apart and panel == "decision"]
        others = [panel for panel in asked if panel not in decisions]
        return [group for group in (decisions, others) if group]

    def of(self, panels: Sequence[str]) -> ModelUnderTest:
        """Opens the model of one of the groups. Raises as `open_model` does."""
        fastest = self._fastest and not (self._apart and list(panels) == ["decision"])
        if self._model is None or fastest != self._is_fastest:
            self._close()
            self._model, self._is_fastest = self._opened.enter_context(self._open(fastest=fastest)), fastest
        return self._model

    def _close(self) -> None:
        self._model = None
        self._opened.close()
        give_back()
