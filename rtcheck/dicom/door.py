"""The one door through which foreign content comes in: whatever goes wrong becomes a finding."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

from pydicom import config

from rtcheck.dicom.codes import Refusal, finding
from rtcheck.errors import RtcheckError
from rtcheck.plan import Finding

T = TypeVar("T")


def through_door(
    read: Callable[[], T], findings: list[Finding], *, code: str, where: str
) -> T | None:
    """Return what `read` returns, or None after adding a finding that says why not.

    pydicom, zlib and zipfile raise many kinds of exception on bad input, lazily and often
    undocumented, so this is the one place that catches them all. Their messages may quote a
    patient's data, so only their kind is told. For the same reason, and because rtcheck checks
    every value it relies on itself, pydicom's own validation and warnings are off in here.

    Parameters
    ----------
    read : callable
        Reads one file, or one part of it that can fail alone.
    findings : list of Finding
        Is added to.
    code : str
        Code of the finding if it is not a `Refusal`, which brings its own.
    where : str
        File relative to the input, or the ROI's name.
    """
    try:
        with warnings.catch_warnings(), config.disable_value_validation():
            warnings.simplefilter("ignore")
            return read()
    except Refusal as refusal:
        findings.append(refusal.finding)
    except RtcheckError as error:
        findings.append(finding(code, f"this cannot be used: {error.found}", where))
    except Exception as error:  # noqa: BLE001 - the one door; becomes a visible finding
        findings.append(finding(code, f"this cannot be read ({type(error).__name__})", where))
    return None
