"""The real Eclipse breast plan of dicompyler-core's tests: fetched, never stored in the tree."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

SDIST = "dicompyler-core-0.5.6.tar.gz"
SHA256 = "0e3c05920a8fa3f1c0ff05a5c21dab3ff3f735e00012b69b38926b219d07faee"
MEMBERS = "dicompyler-core-0.5.6/tests/testdata/example_data"
FILES = ("rtss.dcm", "rtdose.dcm", "rtplan.dcm")


class CannotFetchError(Exception):
    """Why the plan is not there."""


def fetch_real_plan(folder: Path | None = None) -> Path:
    """Return a folder with RT Structure Set, RT Dose and RT Plan, by default in the user's cache.

    Raises
    ------
    CannotFetchError
        If pip cannot get the archive, or it is not the one expected.
    """
    folder = folder or _cache() / "eclipse"
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(_sdist()) as archive:
        for name in FILES:
            member = archive.extractfile(f"{MEMBERS}/{name}")
            if member is None:
                raise CannotFetchError(f"{name} is not in the archive")
            # Several test processes may do this at once: each file appears whole.
            part = folder / f".{name}.{os.getpid()}"
            part.write_bytes(member.read())
            part.replace(folder / name)
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
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            why = _download(Path(folder))
            if why:
                raise CannotFetchError(f"{SDIST} cannot be fetched: {why}")
            (Path(folder) / SDIST).replace(path)
        if not _is_right(path):
            raise CannotFetchError(f"{path} is not the archive of SHA-256 {SHA256}")
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
