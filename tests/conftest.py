"""What several rooms' tests share: the real Eclipse plan, fetched and never stored in the tree."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from hypothesis import settings

# Solids are sampled with a quarter of a million voxels: an example may take its time.
settings.register_profile("rtcheck", deadline=None, derandomize=True)
settings.load_profile("rtcheck")

SDIST = "dicompyler-core-0.5.6.tar.gz"
SHA256 = "0e3c05920a8fa3f1c0ff05a5c21dab3ff3f735e00012b69b38926b219d07faee"
MEMBERS = "dicompyler-core-0.5.6/tests/testdata/example_data"
NEEDED = "RTCHECK_NEED_ECLIPSE"
"""Set in an environment where a missing Eclipse plan must fail, not skip."""


@pytest.fixture(scope="session")
def eclipse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the RT files of the Eclipse breast plan that dicompyler-core tests."""
    folder = tmp_path_factory.mktemp("eclipse")
    with tarfile.open(_sdist()) as archive:
        for name in ("rtss.dcm", "rtdose.dcm", "rtplan.dcm"):
            member = archive.extractfile(f"{MEMBERS}/{name}")
            assert member is not None
            (folder / name).write_bytes(member.read())
    return folder


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return Path(home or Path.home() / ".cache") / "rtcheck-tests"


def _is_right(path: Path) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == SHA256


def _sdist() -> Path:
    """Return the source archive from the user's cache, fetched by pip when it is not there."""
    path = _cache() / SDIST
    if not _is_right(path):
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        why = _download(path.parent)
        if why:
            missing = f"the Eclipse plan ({SDIST}) cannot be fetched: {why}"
            if os.environ.get(NEEDED):
                pytest.fail(missing)
            pytest.skip(missing)
        assert _is_right(path), f"{path} is not the archive of SHA-256 {SHA256}"
    return path


def _download(folder: Path) -> str:
    """Return why pip could not put the archive into a folder; empty if it did."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    # pip builds metadata of what it downloads, in an environment of its own.
    command = [*pip, "--retries", "1", "--timeout", "20", "--dest", str(folder)]
    try:
        run = subprocess.run(
            [*command, "dicompyler-core==0.5.6"],
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{type(error).__name__} while running pip"
    if (folder / SDIST).is_file():
        return ""
    return (run.stderr.strip().splitlines() or ["pip gave no file"])[-1]
