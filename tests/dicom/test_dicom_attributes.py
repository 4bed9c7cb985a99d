"""Single attributes as plain values: what is not of the kind expected is never passed on."""

import pytest
from datasets import item

from rtcheck.dicom.attributes import integer, items, number, numbers, required_integer, text
from rtcheck.errors import CorruptDicomError, MissingAttributeError


def test_absent_and_empty_are_alike():
    for dataset in (item(), item(RTPlanLabel="", TargetPrescriptionDose="", BeamSequence=[])):
        assert text(dataset, "RTPlanLabel") == ""
        assert numbers(dataset, "TargetPrescriptionDose") == ()
        assert number(dataset, "TargetPrescriptionDose") is None
        assert items(dataset, "BeamSequence") == []
        with pytest.raises(MissingAttributeError, match="Rows is missing"):
            required_integer(dataset, "Rows")


def test_one_number_is_expected():
    dataset = item(TargetPrescriptionDose=["1.5", "2"])
    assert numbers(dataset, "TargetPrescriptionDose") == (1.5, 2.0)
    with pytest.raises(CorruptDicomError, match="TargetPrescriptionDose has 2 values"):
        number(dataset, "TargetPrescriptionDose")


@pytest.mark.parametrize("value", ["2.5", "1e400", "nan"])
def test_whole_number_is_expected(value):
    dataset = item(TargetPrescriptionDose=value)
    with pytest.raises(CorruptDicomError, match="TargetPrescriptionDose is"):
        integer(dataset, "TargetPrescriptionDose")
    assert integer(item(TargetPrescriptionDose="2.0"), "TargetPrescriptionDose") == 2


def test_text_where_a_sequence_is_expected():
    with pytest.raises(CorruptDicomError, match="RTPlanLabel is not a sequence"):
        items(item(RTPlanLabel="B1"), "RTPlanLabel")
