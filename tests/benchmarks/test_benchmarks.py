"""The benchmark itself: its large case in small, its errors, and what its engines print."""

import json
import sys
from pathlib import Path

import pytest

import rtcheck

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module", autouse=True)
def benchmarks_on_the_path():
    before = list(sys.path)
    sys.path[:0] = [str(FOLDER), str(FOLDER / "engines")]
    yield
    sys.path[:] = before


@pytest.fixture(scope="module")
def small_case(tmp_path_factory, benchmarks_on_the_path):
    """The generator's own case with fewer and coarser everything, and its truth."""
    import large_case

    size = large_case.Size(
        rois=7, planes=60, spacing_mm=2.5, body_points=120, organ_points=120,
        grid=(80, 80, 50), pixel_mm=4.0, truth_points=2**16,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("small")
    large_case.write_large_case(folder, size)
    return folder, large_case.truth(size), large_case.AT_GY


def test_the_case_has_the_sizes_that_the_benchmark_states(benchmarks_on_the_path):
    import large_case

    size = large_case.Size()
    assert (size.rois, size.planes, size.spacing_mm, size.body_points) == (30, 180, 2.5, 600)
    assert size.grid == (220, 160, 180)
    solids = large_case.solids(size)
    assert len(solids) == 30
    low, high = solids["BODY"].z_range_mm
    x, y, z = large_case.dose_axes_mm(size)
    assert z[0] < low < high < z[-1]
    for axis in (x, y):  # the body lies inside the grid, so that nobody must guess
        assert axis[0] < -large_case.BODY_RADIUS_MM < large_case.BODY_RADIUS_MM < axis[-1]
    assert large_case.DOSE.interpolation_error_gy((2.0, 2.0, 2.55)) < 0.025
    for name, solid in solids.items():
        bottom, top = solid.z_range_mm
        assert low <= bottom < top <= high, name


def test_files_agree_with_the_closed_forms(small_case):
    folder, truth, at_gy = small_case
    plan = rtcheck.read(folder)
    assert [s.roi_name for s in plan.structures] == list(truth)
    for name, true in truth.items():
        region = plan[name]
        # Coarse contours of 120 points and slices of 2.5 mm; the shells are the hardest.
        assert region.volume_cm3 == pytest.approx(true["volume_cm3"], rel=0.03), name
        assert region.measure("Mean[Gy]").value == pytest.approx(true["mean_gy"], abs=0.3), name
        value = region.measure(f"V{at_gy:g}Gy[%]").value
        assert value == pytest.approx(true["v_percent"], abs=2.0), name


def test_truth_of_the_body_is_the_integral_over_the_body(small_case, benchmarks_on_the_path):
    import large_case
    import numpy as np

    _, truth, _ = small_case
    radius, half = large_case.BODY_RADIUS_MM, 60 * 2.5 / 2
    axis = np.linspace(-radius, radius, 151)
    x, y, z = np.meshgrid(axis, axis, np.linspace(-half, half, 76), indexing="ij")
    weight = (np.abs(z) < half) + 0.5 * (np.abs(z) == half)
    inside = (x**2 + y**2 <= radius**2) * weight
    mean = (large_case.DOSE.at(np.stack([x, y, z], -1)) * inside).sum() / inside.sum()
    assert truth["BODY"]["volume_cm3"] == pytest.approx(np.pi * radius**2 * 2 * half / 1000)
    assert truth["BODY"]["mean_gy"] == pytest.approx(mean, rel=4e-3)  # steps of 2 mm


def test_errors_are_sizes_and_what_is_missing_is_counted(benchmarks_on_the_path):
    from errors import errors

    truth = {
        "A b": {"volume_cm3": 50.0, "mean_gy": 10.0, "d95_gy": 8.0},
        "C": {"volume_cm3": 10.0, "mean_gy": 20.0, "d95_gy": None},
        "D": {"volume_cm3": 1.0},
    }
    found = {
        "A_b": {"volume_cm3": 49.0, "mean_gy": 10.5, "d95_gy": None},
        "C": {"volume_cm3": 10.1, "mean_gy": 19.9, "d95_gy": 5.0},
    }
    sizes = errors(found, truth)
    assert sizes.median["volume_cm3"] == pytest.approx(1.5)
    assert sizes.worst["volume_cm3"] == pytest.approx(2.0)
    assert sizes.worst["mean_gy"] == pytest.approx(0.5)
    assert "d95_gy" not in sizes.worst
    assert sizes.missing == 2


@pytest.mark.parametrize("engine", ["rtcheck", "rtcheck-python", "dicompyler"])
def test_engines_print_every_figure_of_every_structure(small_case, engine):
    from answer import FIGURES
    from errors import errors
    from running import run

    folder, truth, at_gy = small_case
    one = run(engine, sys.executable, folder, at_gy, timeout_s=120)
    if one.why_not.startswith("not installed"):
        pytest.skip(one.why_not)
    assert one.why_not == ""
    assert one.engine.startswith(engine.removesuffix("-python"))
    assert set(one.figures) == set(truth)
    assert all(set(figures) == set(FIGURES) for figures in one.figures.values())
    sizes = errors(one.figures, truth)
    assert sizes.missing == 0
    assert sizes.median["volume_cm3"] < 3.0
    assert sizes.median["d2_gy"] < 0.3
    assert min(one.wall_s, one.cpu_s, one.memory_mb) > 0


def test_an_engine_that_is_not_installed_says_so(small_case, tmp_path):
    from running import run

    folder, _, at_gy = small_case
    bare = tmp_path / "python"  # an interpreter without any package
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "$@"\n')
    bare.chmod(0o755)
    one = run("platipy", str(bare), folder, at_gy, timeout_s=60)
    assert one.why_not.startswith("not installed")
    assert one.figures == {}


def test_an_engine_that_takes_too_long_is_stopped(small_case):
    from running import run

    folder, _, at_gy = small_case
    one = run("rtcheck", sys.executable, folder, at_gy, timeout_s=0.05)
    assert one.why_not == "stopped after 0 s"


def test_the_table_leaves_a_line_for_each_engine(small_case):
    from compare import Case, record, table
    from running import Run

    folder, truth, at_gy = small_case
    good = Run(1.0, 0.9, 100.0, "rtcheck 1", truth, {"read": 0.2})
    runs = {"rtcheck": good, "platipy": Run(0.1, 0.1, 9.0, why_not="not installed: platipy")}
    text = record([(Case("Small", folder, at_gy, lambda: truth), table(
        Case("Small", folder, at_gy, lambda: truth), runs))], 1)  # fmt: skip
    assert "| rtcheck (rtcheck 1) | 1.00 | 0.90 | 100 | 1.0 | 1.0 | 0.000 / 0.00 |" in text
    assert "| platipy: not installed: platipy |" in text
    assert json.loads(json.dumps(truth)) == truth
