"""The training loop: epochs in a fixed order, measured on held-out days, saved as it goes."""

import math
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from types import FrameType

from bot.chat.prompt import Codec
from training.data.dialogues import Dialogue
from training.finetune.checkpoint import Checkpoint, Measured, Position, Run, restore_rng, rng_state
from training.finetune.clock import MEASURING, Clock, learning_rate
from training.finetune.epoch import Epoch, epoch_of
from training.finetune.forecast import STEPS, Forecast, peak_memory
from training.finetune.heldout import MOST, HeldOut, Reading, criterion
from training.finetune.learner import Learner, Losses
from training.finetune.lora import weights
from training.finetune.progress import Progress, Reporter

_CURVE = 150  # points of the training curve, as it is plotted
_SMOOTHING = 0.9  # of what the progress bar shows
_SAVE_SHARE = 0.05  # of the time, at most, goes into saving


@dataclass(slots=True)
class Loop:
    """A run from its first step, or from where it was interrupted, to its last.

    tokens: the run's length instead of the preset's epochs; None for those.
    after_training: from the tokens a second at which samples are read, the seconds to keep free for what follows.
    memory: bytes that the run was foretold to take.
    show: tells what the model says by now; called before the first step, half-way, and at the end.
    """

    learner: Learner
    codec: Codec
    dialogues: Sequence[Dialogue]
    held_out: HeldOut
    run: Run
    clock: Clock
    reporter: Reporter
    seed: int
    checkpoint_seconds: float
    after_training: Callable[[float], float]
    tokens: int | None = None
    memory: int = 0
    show: Callable[[str], None] = lambda _: None
    position: Position = field(default_factory=Position)
    _window: Losses = field(init=False, default_factory=Losses)  # since the last point of the curve
    _shown: dict[str, float] = field(init=False, default_factory=dict)  # what the bar shows, smoothed
    _took: deque[float] = field(init=False, default_factory=lambda: deque(maxlen=9))  # seconds of the last steps
    _first: list[tuple[int, float]] = field(init=False, default_factory=list)  # tokens and seconds of the first steps
    _told: bool = field(init=False, default=False)
    _times: int = field(init=False, default=MOST)  # that it is measured, besides before the first step

    def resume(self, checkpoint: Checkpoint) -> None:
        """Restores weights, optimizer, random numbers and the place in the epoch."""
        self.learner.restore(checkpoint.lora, checkpoint.optimizer)
        restore_rng(checkpoint.rng)
        self.position = place = checkpoint.position
        self.clock.used += place.seconds
        self.clock.trained_from, self.clock.measured = place.trained_from, place.measured_seconds

    def fit(self) -> Position:
        """Trains until the epochs or the minutes are over; the best weights are then `run.load_best()`.

        Raises KeyboardInterrupt after SIGINT or SIGTERM, once all is saved.
        """
        place = self.position
        if place.finished:
            return place
        with _stop_asked() as stop_asked:
            epoch = self._epoch()
            self._prepare(epoch)
            cost = self._save()
            saved = time.monotonic()
            fraction = self._fraction(epoch)
            while self._goes_on():
                self._took.append(self._step(epoch))
                self._foretell(epoch)
                if place.batch >= len(epoch.batches):
                    place.epoch, place.batch = place.epoch + 1, 0
                    if self._goes_on():
                        epoch = self._epoch()
                before, fraction = fraction, self._fraction(epoch)
                if before < 0.5 <= fraction:
                    self.show("Half-way it says:")
                if fraction - place.measured_at >= 1 / self._times:
                    self._measure(fraction)
                self._tell(fraction)
                if stop_asked() or time.monotonic() - saved > max(self.checkpoint_seconds, cost / _SAVE_SHARE):
                    cost = self._save()
                    saved = time.monotonic()
                    if stop_asked():
                        self.reporter.note("Stopped and saved: run `echoes train` again to go on.")
                        raise KeyboardInterrupt
                if self.clock.left < 1.2 * median(self._took):
                    self._say_what_is_missing()
                    break
            self._finish()
        return place

    def _say_what_is_missing(self) -> None:
        read, asked = self.position.tokens, self.tokens
        if asked is not None and read < asked:
            self.reporter.note(
                f"The minutes were over after {read:,} of {asked:,} tokens: this machine was too slow for all of them, "
                "and what was learnt is less sure. Train longer for more."
            )

    def _goes_on(self) -> bool:
        if self.tokens is not None:
            return self.position.tokens < self.tokens
        return self.position.epoch < self.learner.preset.epochs

    def _prepare(self, epoch: Epoch) -> None:
        """The losses before the first step, and how long they and the rest will take."""
        place = self.position
        if not place.held_out:
            self.reporter.note("Measuring before the first step, on days it will not learn from.")
            reading = self.held_out.read(self.learner)
            self._note(reading)
            place.reading_speed = reading.speed
            self.show("Before it has learnt anything it says:")
            place.trained_from = self.clock.trained_from = self.clock.counted
        tokens = self.tokens or epoch.tokens * self.learner.preset.epochs
        self._times = self.held_out.times(self.clock.minutes, tokens, place.reading_speed)
        self.clock.reserved = self.after_training(place.reading_speed)
        if (minutes := self.clock.minutes) is not None:
            measuring, kept = (self._times + 1) * self.held_out.tokens / place.reading_speed, MEASURING * minutes * 60
            self.clock.reserved += min(measuring, kept)
            if measuring > kept + 60:
                self.reporter.note(
                    f"Measuring is slow here, and is done on no less for that: this will end in about "
                    f"{minutes + (measuring - kept) / 60:.0f} minutes, not in the {minutes:g} minutes asked for."
                )

    def _epoch(self) -> Epoch:
        return epoch_of(self.dialogues, self.codec, self.learner.preset, self.seed, self.position.epoch)

    def _step(self, epoch: Epoch) -> float:
        """One step of the optimizer; returns its seconds."""
        start = time.monotonic()
        place, preset = self.position, self.learner.preset
        batches = epoch.batches[place.batch : place.batch + preset.accumulate]
        samples = [[epoch.samples[index] for index in batch] for batch in batches]
        ahead = sum(len(sample.ids) for batch in samples for sample in batch)
        rate = learning_rate(preset.learning_rate, preset.warmup, self._fraction(epoch, len(batches), ahead))
        losses = self.learner.step(samples, rate, epoch.texts, epoch.decisions)
        place.batch += len(batches)
        place.step += 1
        place.tokens += losses.tokens
        seconds = time.monotonic() - start
        self._window.add(losses)
        self._smooth(losses, seconds)
        if len(self._first) < STEPS:
            self._first.append((losses.tokens, seconds))
        return seconds

    def _foretell(self, epoch: Epoch) -> None:
        """Says after the first steps of this process what the whole run will take; a run of fewer says nothing."""
        if self._told or len(self._first) < STEPS:
            return
        self._told = True
        place = self.position
        tokens, seconds = (sum(column) for column in zip(*self._first[1:], strict=True))
        speed = tokens / max(seconds, 1e-6)
        every = self.tokens or epoch.tokens * self.learner.preset.epochs
        after, left = self.clock.reserved, (every - place.tokens) / speed
        if self.clock.minutes is None:
            after += self._times * self.held_out.tokens / place.reading_speed
        elif self.clock.left < left:
            left, every = self.clock.left, place.tokens + round(speed * self.clock.left)
        forecast = Forecast(every, speed, self.clock.elapsed + max(left, 0.0) + after, max(self.memory, peak_memory()))
        place.foretold = forecast.seconds
        self.reporter.note(str(forecast))

    def _smooth(self, losses: Losses, seconds: float) -> None:
        speed = losses.tokens / max(seconds, 1e-6)
        for name, value in (("text", losses.text), ("decision", losses.decision), ("speed", speed)):
            if value is not None:
                self._shown[name] = _SMOOTHING * self._shown.get(name, value) + (1 - _SMOOTHING) * value

    def _fraction(self, epoch: Epoch, batches: int = 0, tokens: int = 0) -> float:
        """How far the run is, or will be after so many more batches, which hold so many tokens."""
        place = self.position
        if self.tokens is not None:
            done = (place.tokens + tokens) / self.tokens
        else:
            done = (place.epoch + (place.batch + batches) / len(epoch.batches)) / self.learner.preset.epochs
        return self.clock.fraction(min(done, 1.0))

    def _measure(self, fraction: float) -> None:
        """The losses on held-out days; the weights are kept if they are the best so far."""
        place = self.position
        place.measured_at = fraction
        reading = self.held_out.read(self.learner)
        self._note(reading)
        found = criterion(reading.losses)
        if place.best is None or found < place.best or not self.held_out.samples:
            self.run.save_best(weights(self.learner.lora))
            place.best, place.best_step = found, place.step

    def _note(self, reading: Reading) -> None:
        place, losses = self.position, reading.losses
        place.held_out_texts, place.held_out_decisions = losses.texts, round(losses.decisions)
        place.measured_seconds = self.clock.measured = self.clock.measured + reading.seconds
        found = Measured(place.step, place.tokens, self.clock.elapsed, losses.text, losses.decision)
        place.held_out.append(found)

    def _tell(self, fraction: float) -> None:
        place, last = self.position, self.position.train[-1] if self.position.train else None
        if last is None or fraction - place.curve_at >= 1 / _CURVE:
            window = self._window
            place.train.append(Measured(place.step, place.tokens, self.clock.elapsed, window.text, window.decision))
            place.curve_at, self._window = fraction, Losses()
        spent = self.clock.counted - self.clock.trained_from
        left = spent * (1 - fraction) / fraction if fraction else math.inf
        held_out = place.held_out[-1].text if place.held_out else None
        self.reporter.progress(
            Progress(
                fraction,
                self._shown.get("text"),
                self._shown.get("decision"),
                held_out,
                self._shown.get("speed", 0.0),
                left,
            )
        )

    def _finish(self) -> None:
        place = self.position
        place.learning_seconds = self.clock.counted - place.trained_from
        if place.held_out[-1].step < place.step:
            self._measure(1.0)
        place.finished = True
        self.show("Now it says:")
        self._tell(1.0)
        self._save()

    def _save(self) -> float:
        """Returns the seconds it took."""
        start = time.monotonic()
        self.position.seconds = self.clock.elapsed
        lora, optimizer = self.learner.state()
        self.run.save(Checkpoint(self.position, lora, optimizer, rng_state()))
        return time.monotonic() - start


@contextmanager
def _stop_asked() -> Iterator[Callable[[], bool]]:
    """Whether SIGINT or SIGTERM came; a second one is not waited for. Signals reach the main thread alone."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
