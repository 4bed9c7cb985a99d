"""How far a batch is: plans done, plans a second, time left; on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from rtcheck.cli.exits import is_quiet, say

_ON_TERMINAL_S, _IN_LOG_S = 0.2, 60.0
_CLEAR = "\r\x1b[K"


class Pace:
    """Tells how far a batch is: a line that changes on a terminal, a line a minute in a log.

    Parameters
    ----------
    clock : callable
        Returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._live = sys.stderr.isatty()
        self._quiet = is_quiet()
        self._every_s = _ON_TERMINAL_S if self._live else _IN_LOG_S
        self._last = clock()
        self._since: float | None = None

    def looking(self, files: int, objects: int) -> None:
        """Tell how many files were looked at."""
        self._tell(f"Looking: {files} files, {objects} of them RT objects")

    def checking(self, done: int, total: int, repeated: int, errors: int) -> None:
        """Tell how many plans are done, how fast and how long it will take."""
        if self._since is None:
            self._since = self._clock()
        self._tell(pace_text(done, total, repeated, errors, self._clock() - self._since))

    def end(self) -> None:
        """Take the line away: what follows is printed."""
        if self._live and not self._quiet:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()

    def _tell(self, text: str) -> None:
        now = self._clock()
        if self._quiet or now - self._last < self._every_s:
            return
        self._last = now
        if self._live:
            sys.stderr.write(_CLEAR + text)
            sys.stderr.flush()
        else:
            say(text)


def pace_text(done: int, total: int, repeated: int, errors: int, seconds: float) -> str:
    """Return how far a batch is; what an earlier run did counts for nothing in its speed.

    Examples
    --------
    >>> pace_text(120, 1000, 20, 3, 50.0)
    'Checked 120 of 1000 plans (3 without a report), 2.0 a second, 7 min 20 s left'
    """
    text = f"Checked {done} of {total} plans"
    text += f" ({errors} without a report)" if errors else ""
    fresh = done - repeated
    if fresh < 1 or seconds <= 0:
        return text
    rate = fresh / seconds
    left = round((total - done) / rate)
    hours, rest = divmod(left, 3600)
    words = f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"
    return f"{text}, {rate:.1f} a second, {words if left >= 60 else f'{left} s'} left"
