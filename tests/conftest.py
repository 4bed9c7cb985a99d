"""What several rooms' tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings
from real_plan import CannotFetchError, fetch_real_plan

# Solids are sampled with a quarter of a million voxels: an example may take its time.
settings.register_profile("rtcheck", deadline=None, derandomize=True)
settings.load_profile("rtcheck")

NEEDED = "RTCHECK_NEED_ECLIPSE"
"""Set in an environment where a missing Eclipse plan must fail, not skip."""


@pytest.fixture(scope="session")
def eclipse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the RT files of a real Eclipse breast plan."""
    try:
        return fetch_real_plan(tmp_path_factory.mktemp("eclipse"))
    except CannotFetchError as why:
        if os.environ.get(NEEDED):
            pytest.fail(str(why))
        pytest.skip(str(why))
