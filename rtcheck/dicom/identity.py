"""Who the patient is, read to leave it out, and to see that files are of one patient."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from pydicom import Dataset

from rtcheck.dicom.attributes import items, text
from rtcheck.dicom.door import through_door
from rtcheck.dicom.rtobject import Modality, RtObject
from rtcheck.plan.identity import Identity

_NAMES = ("PatientName", "OtherPatientNames", "PatientBirthName", "PatientMotherBirthName")
_NUMBERS = ("PatientID", "OtherPatientIDs", "MedicalRecordLocator", "AccessionNumber")
_UIDS = (
    "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID",
)  # fmt: skip
_DATE_FORMS = ("%Y%m%d", "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d%m%Y")

_WORDS = {
    Modality.RTPLAN: "RT Plan",
    Modality.RTSTRUCT: "RT Structure Set",
    Modality.RTDOSE: "RT Dose",
}


def identity_of(objects: Iterable[RtObject]) -> Identity:
    """Return who the patient of these objects is; see `Identity`.

    Parameters
    ----------
    objects : iterable of RtObject
        The files of one plan.

    Notes
    -----
    What cannot be read here could not be printed either, so it is passed over.
    """
    objects = list(objects)
    found: dict[str, list[str]] = {"names": [], "numbers": [], "uids": []}
    for rt_object in objects:

        def collect(header: Dataset = rt_object.header) -> None:
            found["names"] += [part for key in _NAMES for part in _parts(text(header, key))]
            found["numbers"] += _numbers(header)
            found["uids"] += [text(header, key) for key in _UIDS]

        through_door(collect, [], code="FILE_UNREADABLE", where=rt_object.where)
        found["uids"] += [*rt_object.frame_of_reference_uids, *rt_object.rt_plan_uids]
        found["uids"] += [*rt_object.structure_set_uids, rt_object.sop_instance_uid]
    unique = {key: tuple(sorted(filter(None, set(values)))) for key, values in found.items()}
    return Identity(unique["names"], unique["numbers"], unique["uids"], _files(objects))


def differing_facts(headers: Iterable[Dataset]) -> list[str]:
    """Return the keywords in which headers name different patients; never what they say.

    Systems write names with other marks and in other cases; an emptied one says nothing.
    """
    headers = list(headers)
    differing = []
    for keyword in ("PatientName", "PatientBirthDate", "PatientSex"):
        stated = ["".join(filter(str.isalnum, text(header, keyword))) for header in headers]
        if len({value.casefold() for value in stated} - {""}) > 1:
            differing.append(keyword)
    return differing


def _parts(name: str) -> list[str]:
    """Return the parts of a person's name: components, groups and what blanks and hyphens join."""
    return [part for part in re.split(r"[\^=\\\s,.;\-_']+", name) if part]


def _numbers(header: Dataset) -> list[str]:
    numbers = [part for key in _NUMBERS for part in text(header, key).split("\\")]
    numbers += [text(item, "PatientID") for item in items(header, "OtherPatientIDsSequence")]
    numbers += [re.sub(r"\W|_", "", number) for number in numbers]
    birth = text(header, "PatientBirthDate")
    with suppress(ValueError):
        born = datetime.strptime(birth.replace(".", ""), "%Y%m%d")
        numbers += [born.strftime(form) for form in _DATE_FORMS]
    return [*numbers, birth]


def _files(objects: Iterable[RtObject]) -> dict[str, str]:
    objects = list(objects)
    count = Counter(o.modality for o in objects)
    seen: Counter[Modality] = Counter()
    files = {}
    for rt_object in objects:
        kind = rt_object.modality
        seen[kind] += 1
        word = _WORDS[kind] + (f" {seen[kind]}" if count[kind] > 1 else "")
        files[rt_object.where] = word
        files |= dict.fromkeys(rt_object.copies, f"copy of {word}")
    return files
