"""Seeded mutations of a valid export: of its bytes, of its elements, and of its files."""

from __future__ import annotations

import copy
import io
import random
import struct
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pydicom
from pydicom import DataElement, Dataset, Sequence, config

Files = dict[str, bytes]
"""Name of a file to its bytes."""

CONTOUR_SEQUENCE = 0x30060040
ABSURD = ("1e308", "-1e308", "NaN", "Inf", "-1", "0", "1" * 40, "", "\\", "abc", "٣", "1\\2\\3")
ABSURD_NUMBERS = (0, 1, 255, 65535, 2**31 - 1, 2**32 - 1)


@dataclass(frozen=True)
class Mutation:
    """What was done, and what files came of it.

    Parameters
    ----------
    text : str
        In words, to be printed with a failure.
    removed : bool
        Whether only something was taken away, so that no value is another.
    files : dict of str to bytes
        The export.
    """

    text: str
    removed: bool
    files: Files


def mutations(files: Files, seed: int) -> Mutation:
    """Return the mutation of a seed: always the same."""
    chance = random.Random(seed)  # noqa: S311 - the same mutation on every day
    text, removed, made = [], True, dict(files)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        if not made:
            break
        kind = chance.choice(
            [_of_bytes, _of_bytes, _of_elements, _of_elements, _of_elements, _of_files]
        )
        said, only_removed = kind(chance, made)
        text.append(said)
        removed = removed and only_removed
    return Mutation("; ".join(text), removed, made)


# Bytes -------------------------------------------------------------------------------------------


def _of_bytes(chance: random.Random, files: Files) -> tuple[str, bool]:
    name = chance.choice(sorted(files))
    data = bytearray(files[name])
    if len(data) < 200:
        return f"{name} left", True
    at = chance.randrange(132, len(data) - 8)
    kind = chance.choice(
        ["flip", "flips", "cut", "zeros", "length", "insert", "take out", "endian", "repeat"]
    )
    if kind == "flip":
        data[at] ^= 1 << chance.randrange(8)
    elif kind == "flips":
        for _ in range(chance.randrange(2, 30)):
            data[chance.randrange(132, len(data))] = chance.randrange(256)
    elif kind == "cut":
        del data[at:]
    elif kind == "zeros":
        data[at : at + chance.randrange(1, 200)] = bytes(8)
    elif kind == "length":
        data[at : at + 4] = struct.pack("<I", chance.choice(ABSURD_NUMBERS))
    elif kind == "insert":
        data[at:at] = chance.randbytes(chance.randrange(1, 40))
    elif kind == "take out":
        del data[at : at + chance.randrange(1, 100)]
    elif kind == "endian":
        return _of_syntax(chance, files, name)
    else:
        end = min(len(data), at + chance.randrange(8, 400))
        data[end:end] = data[at:end]
    files[name] = bytes(data)
    return f"{kind} at {at} of {name}", kind in ("cut", "take out")


def _of_syntax(chance: random.Random, files: Files, name: str) -> tuple[str, bool]:
    """Name another transfer syntax than the one the file is written in."""
    known = [b"1.2.840.10008.1.2", b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2.2"]
    known += [b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.5"]
    other = chance.choice(known)
    data = files[name]
    at = data.find(b"\x02\x00\x10\x00UI")
    if at < 0:
        return f"{name} left", True
    length = int.from_bytes(data[at + 6 : at + 8], "little")
    other = (other + bytes(len(other) % 2))[:length].ljust(length, b"\0")
    files[name] = data[: at + 8] + other + data[at + 8 + length :]
    return f"transfer syntax of {name} called {other.decode()}", False


# Elements ----------------------------------------------------------------------------------------


def _walk(dataset: Dataset) -> Iterator[tuple[Dataset, pydicom.tag.BaseTag]]:
    for element in dataset:
        yield dataset, element.tag
        if element.VR == "SQ":
            for item in element.value:
                yield from _walk(item)


def _of_elements(chance: random.Random, files: Files) -> tuple[str, bool]:
    name = chance.choice(sorted(files))
    with warnings.catch_warnings(), config.disable_value_validation():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(io.BytesIO(files[name]))
            places = list(_walk(dataset))
            holder, tag = chance.choice(places)
            change = chance.choice(
                [_drop, _drop, _absurd, _absurd, _item, _item, _swap, _nest, _vr]
            )
            said, removed = change(chance, holder, tag, places)
            written = io.BytesIO()
            dataset.save_as(written)
        except Exception as why:  # noqa: BLE001 - what cannot be written is no mutation
            return f"{name} left ({type(why).__name__})", True
    files[name] = written.getvalue()
    return f"{said} of {name}", removed


Places = list[tuple[Dataset, "pydicom.tag.BaseTag"]]
Change = Callable[[random.Random, Dataset, "pydicom.tag.BaseTag", Places], tuple[str, bool]]


def _drop(
    chance: random.Random, holder: Dataset, tag: pydicom.tag.BaseTag, places: Places
) -> tuple[str, bool]:
    del holder[tag]
    return f"dropped {tag}", True


def _absurd(
    chance: random.Random, holder: Dataset, tag: pydicom.tag.BaseTag, places: Places
) -> tuple[str, bool]:
    element = holder[tag]
    if element.VR in ("US", "UL", "SS", "SL"):
        value: object = chance.choice(ABSURD_NUMBERS[: 4 if element.VR in ("US", "SS") else 6])
    elif element.VR in ("OW", "OB"):
        value = element.value[: chance.randrange(len(element.value)) & ~1]
        element.value = value
        return f"shortened {tag}", True
    elif element.VR == "SQ":
        value = []
    else:
        value = chance.choice(ABSURD)
    holder[tag] = DataElement(tag, element.VR, value)
    return f"{tag} called {str(value)[:20]!r}", value in ("", [])


def _item(
    chance: random.Random, holder: Dataset, tag: pydicom.tag.BaseTag, places: Places
) -> tuple[str, bool]:
    sequences = [(d, t) for d, t in places if d[t].VR == "SQ" and len(d[t].value)]
    holder, tag = chance.choice(sequences)
    items = holder[tag].value
    index = chance.randrange(len(items))
    kind = chance.choice(["dropped", "doubled", "reordered"])
    if kind == "dropped":
        del items[index]
    elif kind == "doubled":
        items.append(copy.deepcopy(items[index]))
    else:
        order = list(items)
        chance.shuffle(order)
        holder[tag].value = Sequence(order)
    # Without its first or last slice a structure is a valid, smaller one: no file can tell.
    is_end_slice = tag == CONTOUR_SEQUENCE and index in (0, len(items))
    return f"{kind} item {index} of {tag}", kind == "dropped" and not is_end_slice


def _swap(
    chance: random.Random, holder: Dataset, tag: pydicom.tag.BaseTag, places: Places
) -> tuple[str, bool]:
    alike = [(d, t) for d, t in places if d[t].VR == holder[tag].VR]
    other, other_tag = chance.choice(alike)
    one, two = holder[tag].value, other[other_tag].value
    holder[tag].value, other[other_tag].value = copy.deepcopy(two), copy.deepcopy(one)
    return f"{tag} and {other_tag} swapped", False


def _nest(
    chance: random.Random, holder: Dataset, tag: pydicom.tag.BaseTag, places: Places
) -> tuple[str, bool]:
    inner = Dataset()
    inner.PatientID = "NESTED"
    for _ in range(chance.choice([2, 20, 120])):
        outer = Dataset()
        outer.add_new(tag, "SQ", [inner])
        inner = outer
    holder.add_new(tag, "SQ", [inner])
    return f"{tag} nested in itself", False


def _vr(
    chance: random.Random, holder: Dataset, tag: pydicom.tag.BaseTag, places: Places
) -> tuple[str, bool]:
    holder[tag] = DataElement(tag, "UN", b"\1\2\3\4")
    return f"{tag} of an unknown type", False


# Files -------------------------------------------------------------------------------------------


def _of_files(chance: random.Random, files: Files) -> tuple[str, bool]:
    name = chance.choice(sorted(files))
    kind = chance.choice(["left out", "twice", "empty", "joined", "text", "preamble"])
    if kind == "left out":
        del files[name]
    elif kind == "twice":
        files["again-" + name] = files[name]
    elif kind == "empty":
        files[name] = b""
    elif kind == "joined":
        files[name] += files[chance.choice(sorted(files))]
    elif kind == "text":
        files[name] = b"DICM" * chance.randrange(1, 400)
    else:
        files[name] = files[name][132:]
    return f"{name} {kind}", kind in ("left out", "empty")
