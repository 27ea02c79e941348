"""The time of day, set right by the platforms: a machine's own clock may be hours off, and nobody notices."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

log = logging.getLogger(__name__)

_TOLERATED = 120.0  # seconds; less may be the network's delay
_NOTABLE = 60.0  # seconds by which the difference must change before it is told again


class Clock:
    """Reads the machine's clock, corrected where a platform's server shows that it is wrong."""

    def __init__(self, machine: Callable[[], float] = time.time) -> None:
        """machine: seconds since 1970 by this machine."""
        self._machine = machine
        self._ahead = 0.0  # seconds by which this machine is ahead of the platforms

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._machine() - self._ahead, UTC)

    def server_said(self, at: datetime) -> None:
        """Takes the time that a platform's server just gave. One more than two minutes away is believed and logged."""
        ahead = self._machine() - at.timestamp()
        if abs(ahead) <= _TOLERATED:
            ahead = 0.0
        if abs(ahead - self._ahead) <= _NOTABLE:
            return
        self._ahead = ahead
        if ahead:
            where = "ahead" if ahead > 0 else "behind"
            log.warning(
                "This machine's clock is %s %s of the platform's, which counts until it is set right (timedatectl).",
                timedelta(seconds=round(abs(ahead))),
                where,
            )
        else:
            log.info("This machine's clock is right again.")
