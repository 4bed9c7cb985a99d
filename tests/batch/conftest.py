"""What the tests of the batch share."""

from __future__ import annotations

from pathlib import Path

import cohorts
import pytest
from batches import DATE

import rtcheck


@pytest.fixture(scope="session")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with twelve plans."""
    return cohorts.cohort(tmp_path_factory.mktemp("twelve") / "in", 12)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the rules."""
    return cohorts.rules(tmp_path_factory.mktemp("rules"))


@pytest.fixture(scope="session")
def done(twelve: Path, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the results of twelve plans, undisturbed."""
    out = tmp_path_factory.mktemp("done") / "out"
    results = list(rtcheck.check_many(twelve, protocol=tiny, out=out, date=DATE))
    assert len(results) == 12
    return out
