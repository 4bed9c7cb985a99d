"""Second opinions on a real plan: what Eclipse stored, and what dicompyler-core computes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import rtcheck

# ROI: volume in cc and D95%, D2% in Gy read off the stored curve by hand (bin centres at 0.01 Gy);
# mean in Gy: DVHMeanDose, in percent of 14 Gy there.
ECLIPSE = {
    "Tumor Bed": (12.809, 14.143, 14.474, 1.0207611 * 14),
    "Tumor Bed Block": (62.883, 13.831, 14.539, 1.0189156 * 14),
    "Breast": (396.229, 0.080, 14.455, 0.40096604 * 14),
    "Heart": (437.462, 0.038, 2.703, 0.046253947 * 14),
    "Lt Lung": (2008.949, 0.046, 5.049, 0.064948109 * 14),
}


@pytest.fixture(scope="module")
def plan(eclipse: Path) -> rtcheck.OpenPlan:
    return rtcheck.read(eclipse)


@pytest.mark.parametrize("name", ECLIPSE)
def test_the_stored_figures_stand_beside_ours(plan: rtcheck.OpenPlan, name: str) -> None:
    metrics = ("Volume[cc]", "D95%[Gy]", "D2%[Gy]", "Mean[Gy]")
    found = [plan[name].measure(metric) for metric in metrics]
    # Half a bin of 0.01 Gy is what the place of a volume in its bin leaves open.
    assert [m.tps_value for m in found] == pytest.approx(ECLIPSE[name], abs=0.005)
    assert not any(m.tps_differs for m in found)


def test_how_eclipse_means_its_figures_is_found_out_and_said(plan: rtcheck.OpenPlan) -> None:
    said = plan.record.details["stored_dvhs"]
    assert "percent of 14 Gy" in said
    assert "centre of its bin" in said


def test_a_body_whose_curve_begins_at_half_a_bin_is_not_compared(plan: rtcheck.OpenPlan) -> None:
    """Its first entry is the volume above 0.005 Gy: 13944 of 14733 cc inside the grid."""
    (cut,) = (f for f in plan.findings if f.code.startswith("TPS_"))
    assert (cut.code, cut.where) == ("TPS_DVH_CUT_OFF", "BODY")
    assert plan["BODY"].measure("V5Gy[cc]").tps_value is None


def test_a_dose_of_another_scale_is_noticed(eclipse: Path, tmp_path: Path) -> None:
    """The stored curves are of the dose as it was: 5 % more in the grid contradicts them."""
    import pydicom

    for name in ("rtss.dcm", "rtplan.dcm"):
        shutil.copy(eclipse / name, tmp_path / name)
    dose = pydicom.dcmread(eclipse / "rtdose.dcm")
    dose.DoseGridScaling = f"{float(dose.DoseGridScaling) * 1.05:.10g}"
    dose.save_as(tmp_path / "rtdose.dcm")
    scaled = rtcheck.read(tmp_path)
    found = scaled["Tumor Bed"].measure("Mean[Gy]")
    assert found.value == pytest.approx(1.05 * 14.29, abs=0.01)
    assert found.tps_differs
    assert [f.code for f in scaled.opinions().findings()] == ["TPS_DVH_DIFFERS"]


def test_dicompyler_from_the_very_files(plan: rtcheck.OpenPlan) -> None:
    """Its own figures for this plan: mean 14.28 Gy, D95 13.85 Gy, volume 63.34 cc."""
    pytest.importorskip("dicompylercore")
    block = plan["Tumor Bed Block"]
    expected = {"Mean[Gy]": 14.2813, "D95%[Gy]": 13.8541, "Volume[cc]": 63.3375}
    for metric, value in expected.items():
        said = block.measure(metric, second_engine="dicompyler").second_engine
        assert (said.name, said.version) == ("dicompyler-core", "0.5.6")
        assert said.value == pytest.approx(value, abs=0.005), metric
        assert not said.differs


def test_dicompyler_reads_archives_too(eclipse: Path, tmp_path: Path) -> None:
    pytest.importorskip("dicompylercore")
    archive = shutil.make_archive(str(tmp_path / "export"), "zip", eclipse)
    said = rtcheck.read(archive)["Tumor Bed"].measure("Mean[Gy]", second_engine="dicompyler")
    assert said.second_engine.value == pytest.approx(14.2917, abs=0.005)
