"""Rows as a pandas DataFrame (extra `frames`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from rtcheck.errors import UsageError

if TYPE_CHECKING:
    from pandas import DataFrame


def frame_of(rows: Iterable[Mapping[str, object]]) -> DataFrame:
    """Return rows as a DataFrame; half a character from a broken file is spelled out.

    Raises
    ------
    UsageError
        If pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise UsageError("pandas is not installed", hint="pip install 'rtcheck[frames]'") from None
    return pd.DataFrame([{key: _storable(value) for key, value in row.items()} for row in rows])


def _storable(value: object) -> object:
    # With pyarrow installed pandas keeps text as UTF-8, which has no lone surrogates.
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return value
