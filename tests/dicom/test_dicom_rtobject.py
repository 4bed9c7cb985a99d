"""The whole dataset of a file: as pydicom reads it, without a copy of the dose."""

import io

import pydicom
import pytest
from datasets import dose, plan, save, structure_set, without_preamble

from rtcheck.dicom.find import find_objects
from rtcheck.phantoms.encoding import TransferSyntax

NATIVE = [TransferSyntax.IMPLICIT, TransferSyntax.EXPLICIT, TransferSyntax.BIG_ENDIAN]
"""Deflated and compressed pixels do not lie in the file as they are."""


def only_object(path):
    (found,) = find_objects([path]).objects
    return found


def pixels(dataset):
    return dataset.get_item("PixelData").value


@pytest.mark.parametrize("syntax", [*NATIVE, TransferSyntax.DEFLATED])
def test_the_dataset_is_the_one_that_pydicom_reads(tmp_path, syntax):
    found = only_object(save(dose(), tmp_path / "d", syntax))
    expected = pydicom.dcmread(io.BytesIO(found.content()), force=True)
    dataset = found.dataset()
    assert list(dataset.keys()) == list(expected.keys())
    assert bytes(pixels(dataset)) == pixels(expected)
    # Whoever looks at it as a Dataset gets what they know.
    assert bytes(dataset.PixelData) == expected.PixelData
    assert dataset.DoseGridScaling == expected.DoseGridScaling


@pytest.mark.parametrize("syntax", NATIVE)
def test_plain_pixels_are_a_view_of_the_file(tmp_path, syntax):
    dataset = only_object(save(dose(), tmp_path / "d", syntax)).dataset()
    assert isinstance(pixels(dataset), memoryview)


def test_a_file_without_preamble_is_viewed_too(tmp_path):
    path = without_preamble(save(dose(), tmp_path / "d"))
    dataset = only_object(path).dataset()
    expected = pydicom.dcmread(path, force=True)
    assert bytes(pixels(dataset)) == pixels(expected)


def test_pixels_cut_short_are_as_short_as_they_are(tmp_path):
    path = save(dose(), tmp_path / "d")
    path.write_bytes(path.read_bytes()[:-10])
    element = only_object(path).dataset().get_item("PixelData")
    assert len(element.value) == element.length - 10


@pytest.mark.parametrize("make", [plan, structure_set])
def test_objects_without_pixels_are_read_whole(tmp_path, make):
    found = only_object(save(make(), tmp_path / "o"))
    assert found.dataset() == pydicom.dcmread(io.BytesIO(found.content()))


def test_equal_content_in_different_encodings_is_equal(tmp_path):
    one, other = (
        only_object(save(dose(), tmp_path / syntax, syntax)).dataset() for syntax in NATIVE[:2]
    )
    assert bytes(pixels(one)) == bytes(pixels(other))
    assert one == other
