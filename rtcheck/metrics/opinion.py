"""What another engine says of a metric."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EngineValue:
    """A metric by a second engine, beside rtcheck's own value and never instead of it.

    Parameters
    ----------
    name, version : str
        The engine.
    value : float or None
        In the metric's unit; None when the engine has none.
    reason : str
        Why there is none.
    differs : bool
        Whether it lies outside the tolerance of decision 0012.
    """

    name: str
    version: str
    value: float | None = None
    reason: str = ""
    differs: bool = False
