"""Rule files in a line: what the verdict tests judge by."""

from __future__ import annotations

from pathlib import Path

from rtcheck.protocol import Protocol
from rtcheck.protocol.load import read_protocol

HEAD = """\
schema = 1
id = "site-test"
version = "1.0.0"
status = "draft"
title = "A test"
variants = ["short", "long"]
[sources.paper]
cite = "A paper 2020"
[[prescription]]
name = "PTV"
target = "PTV"
options = [{ dose = "50 Gy", fractions = [5, 25] }, { dose = "40 Gy", fractions = 20, tier = "acceptable" }]
[[prescription]]
name = "Boost"
target = "GTV"
[structures]
Organ = { tg263 = "Organ", aliases = ["Orgel"] }
Lungs = { tg263 = "Lungs", else = "Lung_L | Lung_R" }
GTV = { match = "GTV*" }
PTV = { match = "PTV*", each = true }
"""  # noqa: E501


def goal(metric: str, per_protocol: str = "", acceptable: str = "", **keys: str) -> str:
    """Return a goal on Organ, unless `structure` is given; other keys are TOML values."""
    table = {"id": '"g"', "structure": '"Organ"'} | keys | {"metric": f"'{metric}'"}
    if per_protocol:
        table["per_protocol"] = f"'{per_protocol}'"
    if acceptable:
        table["acceptable"] = f"'{acceptable}'"
    table["source"] = '{ ref = "paper", where = "Table 1" }'
    lines = [f"{key} = {value}" for key, value in table.items() if value]
    return "\n".join(["[[goal]]", *lines, ""])


def rules(*goals: str) -> Protocol:
    """Return a protocol of these goals."""
    return read_protocol((HEAD + "\n".join(goals)).encode(), Path("lung/site-test.toml"))
