"""Three made-up patients, each in a version that keeps its protocol and one that breaks a rule.

They are modelled on the papers that the protocols come from; nothing in them comes from a patient.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from rtcheck.errors import UsageError
from rtcheck.phantoms.dicom_files import write_plan
from rtcheck.phantoms.recipes import liver_thrombosis, lung_mets, oligometastasis
from rtcheck.phantoms.records import PhantomPlan

VERSIONS = ("complying", "violating")
"""What `write_example` can write of each patient."""


@dataclass(frozen=True)
class Example:
    """A made-up patient in two versions.

    Parameters
    ----------
    name : str
        What `write_example` takes.
    title : str
        A few words for a list.
    protocol : str
        Reference of the protocol that the plan is made for.
    breaks : str
        Id of the one goal that the violating version breaks.
    complying, violating : str
        One sentence on each version.
    recipe : callable
        Makes the plan; takes whether it is to break the rule.
    """

    name: str
    title: str
    protocol: str
    breaks: str
    complying: str
    violating: str
    recipe: Callable[[bool], PhantomPlan]

    def describe(self, version: str) -> str:
        """Return the sentence on a version."""
        return self.violating if version == "violating" else self.complying


EXAMPLES: dict[str, Example] = {
    example.name: example
    for example in (
        Example(
            name="lung-mets",
            title="Three lung metastases, 50 Gy in 10 fractions",
            protocol="sun-2016-hcc-lung-mets",
            breaks="lung-v20",
            complying="Nine beams around each of three lesions; structures by their TG-263 names.",
            violating="The same lesions between opposed fields: too much lung gets 20 Gy.",
            recipe=lung_mets,
        ),
        Example(
            name="liver-thrombosis",
            title="Liver tumour with portal vein thrombosis, 50 Gy with a boost to 54 Gy",
            protocol="zhai-2025-hcc-thrombosis",
            breaks="liver-reserve",
            complying="A whole liver; structures by the local names of a clinic.",
            violating="A liver after resection: less than 700 cc are left beside the tumour.",
            recipe=liver_thrombosis,
        ),
        Example(
            name="oligometastasis",
            title="Liver tumour and a metastasis in a vertebra, 50 Gy in 25 fractions",
            protocol="luo-hcc-oligometastasis",
            breaks="ptv-coverage",
            complying="The spinal cord is spared and the vertebra still covered.",
            violating="The spinal cord is spared too much: the vertebra is not covered.",
            recipe=oligometastasis,
        ),
    )
}
"""The examples by name."""


def make_example(name: str, version: str) -> PhantomPlan:
    """Return an example as a plan, not written yet; see `write_example`."""
    _known("example", name, EXAMPLES)
    _known("version", version, VERSIONS)
    return EXAMPLES[name].recipe(version == "violating")


def write_example(
    name: str, version: str, folder: str | os.PathLike[str], *, ct: bool = False
) -> Path:
    """Write the export of an example and return its folder.

    Parameters
    ----------
    name : str
        A key of `EXAMPLES`.
    version : str
        ``"complying"`` or ``"violating"``.
    folder : path
        Made if needed. It gets ``RTSTRUCT.dcm``, ``RTPLAN.dcm`` and ``RTDOSE.dcm``, which are the
        same bytes every time.
    ct : bool
        Whether to write a CT too, in the folder ``CT``.

    Raises
    ------
    UsageError
        If there is no such example or version.
    """
    # Hundredths of a millimetre and 16 bits are what planning systems export.
    return write_plan(folder, make_example(name, version), bits=16, digits=2, ct=ct)


def _known(kind: str, asked: str, names: Iterable[str]) -> None:
    names = list(names)
    if asked not in names:
        near = difflib.get_close_matches(asked, names, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"no {kind} {asked!r}", expected="one of: " + ", ".join(names), hint=hint)
