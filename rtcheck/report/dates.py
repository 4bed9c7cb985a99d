"""The date a report bears: now, or the one that was asked for, so that bytes can be repeated."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from rtcheck.errors import UsageError


def dated(text: str | None = None) -> str:
    """Return the date that a report bears, in ISO 8601.

    Parameters
    ----------
    text : str, optional
        A date, or date and time, in ISO 8601; taken as it stands. Without it the environment's
        ``SOURCE_DATE_EPOCH`` (seconds since 1970) is taken, and without that the time now.

    Raises
    ------
    UsageError
        If it is no such date.

    Examples
    --------
    >>> dated("2026-02-01")
    '2026-02-01'
    """
    if text is not None:
        moment_of(text)
        return text
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        now = datetime.now(UTC) if epoch is None else datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"SOURCE_DATE_EPOCH {epoch!r}", expected="seconds since 1970, such as 1770000000"
        ) from None
    return now.isoformat(timespec="seconds")


def moment_of(text: str) -> datetime:
    """Return a date in ISO 8601 as a moment; one without a zone is in UTC.

    Raises
    ------
    UsageError
        If it is no such date.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"date {text!r}", expected="a date, such as 2026-02-01 or 2026-02-01T12:00:00+00:00"
        ) from None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:  # at the very ends of the calendar
        raise UsageError(f"date {text!r}", expected="a date between the years 2 and 9998") from None
