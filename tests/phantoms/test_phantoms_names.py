"""The room's public names."""

from __future__ import annotations

import subprocess
import sys

import pytest

import rtcheck.phantoms as phantoms


def test_every_public_name_is_there() -> None:
    homes = [name for names in phantoms._HOMES.values() for name in names]
    assert sorted(homes) == sorted(phantoms.__all__) == dir(phantoms)
    assert all(getattr(phantoms, name) is not None for name in phantoms.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'write_mr'"):
        phantoms.write_mr  # noqa: B018


def test_solids_need_no_pydicom() -> None:
    code = "import sys; from rtcheck.phantoms import Sphere, LinearDose; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = run.stdout.split()
    assert "rtcheck.phantoms.solids" in loaded
    assert "pydicom" not in loaded
