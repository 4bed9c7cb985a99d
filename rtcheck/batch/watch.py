"""A folder that is still being filled: each plan is checked once, when its files are complete."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rtcheck.batch.places import Place
from rtcheck.batch.remote import Stamp
from rtcheck.batch.run import Batch, PlanResult
from rtcheck.batch.store import is_current
from rtcheck.batch.units import Unit

Stamps = tuple[tuple[Place, Stamp], ...]


@dataclass
class Watch:
    """Looks at the folders of a batch again and again.

    Parameters
    ----------
    batch : Batch
        Its store must be locked by the caller.
    settle_s : float
        How long the files of a plan must have stayed the same.
    patience_s : float
        How long to wait for what a plan lacks, such as its dose, before it is checked as it is.
    clock : callable
        Returns seconds.
    """

    batch: Batch
    settle_s: float = 10.0
    patience_s: float = 600.0
    clock: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[Stamps, float]] = field(default_factory=dict)
    _tried: dict[str, Stamps] = field(default_factory=dict)

    def look(self) -> Iterator[PlanResult]:
        """Look once: check the plans that are ready and not yet checked as they are.

        The tables and the page are written anew when there was one.
        """
        if self.batch.store is None:
            raise ValueError("a watch keeps what it has done")
        key = self.batch.settings.key()
        units = self.batch.find()
        store = self.batch.store
        # What lost its process is tried once: it must not hold up the others again and again.
        known = {
            unit.id
            for unit in units
            if self._tried.get(unit.id) == _stamps(unit)
            or is_current(store.record(unit.id), unit, key)
        }
        ready = [unit for unit in units if unit.id not in known and self._is_ready(unit)]
        yield from self.batch.run(ready)
        if ready:
            self._tried |= {unit.id: _stamps(unit) for unit in ready}
            done = known | {unit.id for unit in ready}
            self.batch.finish([unit for unit in units if unit.id in done])

    def _is_ready(self, unit: Unit) -> bool:
        now, stamps = self.clock(), _stamps(unit)
        before, since = self._seen.get(unit.id, ({}, now))
        if before != stamps:
            self._seen[unit.id] = (stamps, now)
            return self.settle_s <= 0
        waited = now - since
        return waited >= (self.settle_s if unit.is_whole else max(self.settle_s, self.patience_s))


def _stamps(unit: Unit) -> Stamps:
    return tuple((place, place.stamp) for place in unit.places)
