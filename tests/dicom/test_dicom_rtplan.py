"""RT Plan -> prescriptions, fractions, details."""

import pydicom
import pytest
from datasets import fraction_group, item, plan, save, target

from rtcheck.dicom.rtplan import read_plan_facts
from rtcheck.plan import FractionPattern, Prescription

ROI_NAMES = {1: "PTV_High", 2: "PTV_Low"}


@pytest.fixture
def read(tmp_path):
    def read_changed(**changes):
        path = save(plan(**changes), tmp_path / "p")
        return read_plan_facts(pydicom.dcmread(path), ROI_NAMES, "p")

    return read_changed


def of(facts):
    return [(f.code, f.severity, f.where) for f in facts.findings]


def test_everything_in_order(read):
    facts = read()
    assert facts.rt_plan_label == "Plan A"
    assert facts.prescriptions == (
        Prescription("PTV", 2.0, 5, None, "RT Plan DoseReferenceSequence[0]"),
    )
    assert facts.number_of_fractions_planned == 5
    assert facts.fraction_pattern is None
    assert facts.details == {
        "approval_status": "APPROVED",
        "rt_plan_date": "20260102",
        "patient_position": "HFS",
        "manufacturer": "Maker",
    }
    assert facts.findings == ()


def test_name_of_the_target(read):
    facts = read(
        DoseReferenceSequence=[
            target(4, DoseReferenceStructureType="VOLUME", ReferencedROINumber=2),
            target(5, DoseReferenceDescription="Boost", TargetPrescriptionDose="3"),
            target(6, DoseReferenceDescription=None, TargetPrescriptionDose="4"),
        ]
    )
    assert [(p.name, p.roi_number, p.dose_gy) for p in facts.prescriptions] == [
        ("PTV_Low", 2, 2.0),
        ("Boost", None, 3.0),
        ("dose reference 6", None, 4.0),
    ]
    assert facts.findings == ()


def test_roi_that_is_not_there(read):
    facts = read(DoseReferenceSequence=[target(ReferencedROINumber=9)])
    assert [(p.name, p.roi_number) for p in facts.prescriptions] == [("PTV", None)]
    assert of(facts) == [("PRESCRIPTION_ROI_UNKNOWN", "warns", "p: DoseReferenceSequence[0]")]


def test_simultaneous_integrated_boost(read):
    facts = read(
        DoseReferenceSequence=[
            target(1, DoseReferenceStructureType="VOLUME", ReferencedROINumber=1),
            target(
                2,
                DoseReferenceStructureType="VOLUME",
                ReferencedROINumber=2,
                TargetPrescriptionDose="1.6",
            ),
        ]
    )
    assert [str(p) for p in facts.prescriptions] == [
        "PTV_High: 2 Gy in 5 fractions",
        "PTV_Low: 1.6 Gy in 5 fractions",
    ]


def test_first_reference_may_be_an_organ_at_risk(read):
    organ = target(
        1,
        DoseReferenceType="ORGAN_AT_RISK",
        DoseReferenceDescription="Cord",
        OrganAtRiskMaximumDose="45",
    )
    facts = read(DoseReferenceSequence=[organ, target(2)])
    assert [(p.name, p.source) for p in facts.prescriptions] == [
        ("PTV", "RT Plan DoseReferenceSequence[1]")
    ]
    assert facts.findings == ()


@pytest.mark.parametrize("kind", ["POINT", "COORDINATES"])
def test_dose_of_a_point_is_no_prescription(read, kind):
    point = target(2, DoseReferenceStructureType=kind, DoseReferenceDescription="CALC")
    facts = read(DoseReferenceSequence=[target(), point])
    assert [p.name for p in facts.prescriptions] == ["PTV"]
    assert of(facts) == [("PRESCRIPTION_OF_POINT", "informs", "p: DoseReferenceSequence[1]")]
    assert "'CALC'" in facts.findings[0].text


def test_beam_dose_is_never_a_prescription(read):
    facts = read(DoseReferenceSequence=None)
    assert facts.prescriptions == ()
    assert of(facts) == [("PRESCRIPTION_MISSING", "warns", "p")]


def test_target_without_dose(read):
    facts = read(DoseReferenceSequence=[target(TargetPrescriptionDose=None)])
    assert facts.prescriptions == ()
    assert [f.code for f in facts.findings] == ["PRESCRIPTION_DOSE_MISSING", "PRESCRIPTION_MISSING"]
    assert facts.findings[0].severity == "informs"


@pytest.mark.parametrize(
    "changes",
    [
        {"TargetPrescriptionDose": "0"},
        {"TargetPrescriptionDose": "-2"},
        {"DoseReferenceStructureType": None},
    ],
)
def test_prescription_that_cannot_be_one(read, changes):
    facts = read(DoseReferenceSequence=[target(**changes)])
    assert facts.prescriptions == ()
    assert [(f.code, f.severity) for f in facts.findings] == [
        ("PRESCRIPTION_INVALID", "warns"),
        ("PRESCRIPTION_MISSING", "warns"),
    ]


def test_one_target_prescribed_twice(read):
    facts = read(DoseReferenceSequence=[target(1), target(2, TargetPrescriptionDose="2.2")])
    assert [p.dose_gy for p in facts.prescriptions] == [2.0, 2.2]
    assert of(facts) == [("PRESCRIPTION_CONFLICT", "warns", "p")]
    assert "2 Gy and 2.2 Gy" in facts.findings[0].text
    same = read(DoseReferenceSequence=[target(1), target(2)])
    assert same.findings == ()


@pytest.mark.parametrize(
    "groups",
    [
        None,
        [],
        [fraction_group(NumberOfFractionsPlanned=None)],
        [fraction_group(NumberOfFractionsPlanned=0)],
    ],
)
def test_number_of_fractions_missing(read, groups):
    facts = read(FractionGroupSequence=groups)
    assert facts.number_of_fractions_planned is None
    assert [(p.dose_gy, p.number_of_fractions_planned) for p in facts.prescriptions] == [
        (2.0, None)
    ]
    assert of(facts) == [("FRACTIONS_MISSING", "warns", "p")]


@pytest.mark.parametrize("second", [5, 3])
def test_several_fraction_groups_say_no_number(read, second):
    facts = read(
        FractionGroupSequence=[
            fraction_group(1),
            fraction_group(2, NumberOfFractionsPlanned=second),
        ]
    )
    assert facts.number_of_fractions_planned is None
    assert of(facts) == [("FRACTIONS_AMBIGUOUS", "warns", "p")]


def pattern(text, per_day=1, weeks=1):
    return fraction_group(
        FractionPattern=text,
        NumberOfFractionPatternDigitsPerDay=per_day,
        RepeatFractionCycleLength=weeks,
    )


def test_fraction_pattern(read):
    assert read(FractionGroupSequence=[pattern("1010100")]).fraction_pattern == FractionPattern(
        "1010100", 1, 1
    )
    twice_daily = read(FractionGroupSequence=[pattern("11" * 5 + "0000", 2)])
    assert twice_daily.fraction_pattern == FractionPattern("11111111110000", 2, 1)


@pytest.mark.parametrize(
    "group",
    [
        pattern("11111"),
        pattern("0000000"),
        pattern("1111120"),
        pattern("1111100", None),
        pattern("1111100", 1, 0),
    ],
)
def test_fraction_pattern_that_does_not_fit(read, group):
    facts = read(FractionGroupSequence=[group])
    assert facts.fraction_pattern is None
    assert facts.number_of_fractions_planned == 5
    assert of(facts) == [("FRACTION_PATTERN_INVALID", "warns", "p")]


def test_several_patient_positions(read):
    setups = [item(PatientSetupNumber=i, PatientPosition=p) for i, p in enumerate(("HFS", "HFP"))]
    assert read(PatientSetupSequence=setups).details["patient_position"] == "HFP, HFS"
    assert "patient_position" not in read(PatientSetupSequence=None).details
