"""Every way a rule file can be wrong ends in one precise error: code, file, goal, key, hint."""

# ruff: noqa: E501 — one fault, one line

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.errors import RtcheckError
from rtcheck.protocol.load import load_protocol, read_protocol

GOOD = """\
schema = 1
id = "site-example"
version = "1.0.0"
status = "draft"
title = "An example"
variants = ["short", "long"]
[sources.paper]
cite = "A paper"
[[prescription]]
name = "PTV"
target = "PTV"
options = [{ dose = "50 Gy", fractions = [5, 10] }]
[[prescription]]
name = "late"
target = "PTV"
variant = "long"
[structures]
Lungs = { tg263 = "Lungs", aliases = ["lung total"], else = "Lung_L | Lung_R" }
PTV = { match = "PTV*", each = true }
GTV = { match = "GTV*", each = true }
[[goal]]
id = "lung-v20"
structure = "Lungs"
metric = "V20Gy[%]"
per_protocol = "<= 30 %"
acceptable = "<= 35 %"
source = { ref = "paper", where = "Treatment" }
"""

GOAL = """\
[[goal]]
id = "more"
source = { ref = "paper", where = "Treatment" }
"""


def load(tmp_path: Path, text: str | bytes) -> object:
    path = tmp_path / "site-example.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_protocol(path)


def test_the_example_of_the_design_loads(tmp_path: Path) -> None:
    protocol = load(tmp_path, GOOD)
    assert [g.id for g in protocol.goals] == ["lung-v20"]
    assert protocol.roles["Lung_L"].tg263 == "Lung_L", "a name in else needs no table of its own"


# what is replaced, by what, code, and what the message must say
# fmt: off
EDITS = [
    ('status = "draft"', 'status = "drafty"', "RTC-P001", ["site-example.toml: status", "did you mean draft?", "'drafty'"]),
    ("schema = 1", "schema = 2", "RTC-P001", ["site-example.toml: schema", "expected 1"]),
    ("schema = 1", "schema = true", "RTC-P001", ["schema", "expected 1"]),
    ('version = "1.0.0"', 'version = "1.0"', "RTC-P001", ["version", "semantic version"]),
    ('version = "1.0.0"', "version = 1.0", "RTC-P001", ["version", "semantic version"]),
    ('id = "site-example"', 'id = "site example"', "RTC-P001", ["site-example.toml: id", "letters, digits"]),
    ('title = "An example"\n', "", "RTC-P001", ["no title", "site-example.toml"]),
    ('title = "An example"', 'title = "  "', "RTC-P001", ["title", "expected text"]),
    ('title = "An example"', 'titel = "An example"', "RTC-P002", ["unknown key 'titel'", "did you mean title?"]),
    ('variants = ["short", "long"]', 'variants = ["short", "short"]', "RTC-P001", ["'short' twice", "variants"]),
    ('variants = ["short", "long"]', "variants = []", "RTC-P001", ["variants", "a list"]),
    ('variants = ["short", "long"]', 'checklist = "sign"', "RTC-P001", ["checklist", "a list"]),
    ('cite = "A paper"', 'cited = "A paper"', "RTC-P002", ["sources: paper: cited", "did you mean cite?"]),
    ('cite = "A paper"', 'cite = "A paper"\ndoi = "jhepr"', "RTC-P001", ["sources: paper: doi", "a DOI"]),
    ('target = "PTV"\noptions', 'target = "PVT"\noptions', "RTC-P001", ["prescription 'PTV': target", "no structure 'PVT'", "did you mean PTV?"]),
    ('variant = "long"', 'variant = "lang"', "RTC-P001", ["prescription 'late': variant", "did you mean long?"]),
    ('name = "late"', 'name = "PTV"', "RTC-P001", ["'PTV' twice", "prescription"]),
    ('dose = "50 Gy"', 'dose = "50"', "RTC-N001", ["prescription 'PTV': options number 1: dose", "dose with its unit"]),
    ('dose = "50 Gy"', "dose = 50", "RTC-P001", ["options number 1: dose", "'44..66 Gy'"]),
    ('dose = "50 Gy"', 'dose = "66..44 Gy"', "RTC-P001", ["options number 1: dose", "low..high"]),
    ('dose = "50 Gy"', 'dose = "0 Gy"', "RTC-P001", ["options number 1: dose", "more than 0"]),
    ('dose = "50 Gy"', 'dose = "50 cc"', "RTC-N001", ["options number 1: dose", "dose with its unit"]),
    ("fractions = [5, 10]", "fractions = [5, 0]", "RTC-P001", ["options number 1: fractions", "number of fractions"]),
    ("fractions = [5, 10]", 'fractions = "2.5..3"', "RTC-P001", ["options number 1: fractions", "whole numbers"]),
    ("fractions = [5, 10]", "fractions = 2.5", "RTC-P001", ["options number 1: fractions"]),
    ("fractions = [5, 10]", "fraction = 5", "RTC-P002", ["unknown key 'fraction'", "did you mean fractions?"]),
    ("fractions = [5, 10]", 'for = "PTV_Lung"', "RTC-P001", ["options: for", "no structure 'PTV_Lung'"]),
    ("fractions = [5, 10]", 'tier = "ok"', "RTC-P001", ["options number 1: tier", "per_protocol, acceptable"]),
    ('{ dose = "50 Gy", fractions = [5, 10] }', '{ for = "PTV" }', "RTC-P001", ["limits nothing", "options number 1"]),
    ('aliases = ["lung total"]', 'alias = ["x"]', "RTC-P002", ["structures: Lungs: alias", "did you mean aliases?"]),
    ('aliases = ["lung total"]', 'aliases = "x"', "RTC-P001", ["structures: Lungs: aliases", "a list"]),
    ('else = "Lung_L | Lung_R"', 'else = "Lung_L | (Lung_R"', "RTC-S001", ["structures: Lungs: else", "column"]),
    ('else = "Lung_L | Lung_R"', 'else = "Lungs | GTV"', "RTC-P001", ["circle", "Lungs → Lungs"]),
    ('tg263 = "Lungs"', 'except = "Lungs*"', "RTC-P001", ["structures: Lungs", "except without match"]),
    ('each = true }\nGTV', 'each = "yes" }\nGTV', "RTC-P001", ["structures: PTV: each", "true or false"]),
    ("PTV = { match", '"P|TV" = { match', "RTC-P001", ["structures", "'P|TV'", "without any of"]),
    ('id = "lung-v20"\n', "", "RTC-P001", ["goal number 1", "no id"]),
    ('structure = "Lungs"', 'structur = "Lungs"', "RTC-P002", ["goal 'lung-v20': structur", "did you mean structure?"]),
    ('structure = "Lungs"\n', "", "RTC-P001", ["goal 'lung-v20': structure", "no structure"]),
    ('structure = "Lungs"', 'structure = "Lung"', "RTC-P001", ["goal 'lung-v20': structure", "did you mean Lungs?"]),
    ('structure = "Lungs"', 'structure = "Lungs - "', "RTC-S001", ["goal 'lung-v20': structure", "column 9"]),
    ('structure = "Lungs"', 'structure = "((((((((((((((((((((((((((((((((((((((((Lungs))))))))))))))))))))))))))))))))))))))))"', "RTC-S001", ["goal 'lung-v20': structure", "nested"]),
    ('structure = "Lungs"', 'structure = "expand(Lungs, 5)"', "RTC-S001", ["structure", "a length such as 5 mm"]),
    ('structure = "Lungs"', 'structure = "PTV - GTV"', "RTC-P001", ["PTV and GTV", "at most one", "declare a second role"]),
    ('metric = "V20Gy[%]"', 'metric = "V20Gy"', "RTC-M001", ["goal 'lung-v20': metric", "V20Gy[%]"]),
    ('metric = "V20Gy[%]"', 'metric = "meen[Gy]"', "RTC-M001", ["goal 'lung-v20': metric", "did you mean Mean[Gy]?"]),
    ('metric = "V20Gy[%]"', "metric = 20", "RTC-P001", ["goal 'lung-v20': metric", "text"]),
    ('metric = "V20Gy[%]"', 'metric = "Inside(PVT)[%]"', "RTC-P001", ["goal 'lung-v20': Inside(PVT)[%]", "did you mean PTV?"]),
    ('per_protocol = "<= 30 %"', 'per_protocol = "<= 30"', "RTC-N001", ["goal 'lung-v20': per_protocol", "percent", "V20Gy[%] is in %"]),
    ('per_protocol = "<= 30 %"', 'per_protocol = "<= 30 Gy"', "RTC-N001", ["per_protocol", "unit of percent"]),
    ('per_protocol = "<= 30 %"', 'per_protocol = "<= 28,5 %"', "RTC-N001", ["per_protocol", "'28,5 %'"]),
    ('per_protocol = "<= 30 %"', 'per_protocol = "<= nan %"', "RTC-N001", ["per_protocol", "'nan %'"]),
    ('per_protocol = "<= 30 %"', 'per_protocol = "30 %"', "RTC-P001", ["per_protocol", "a comparison", "Write for example '<= 30 %'"]),
    ('per_protocol = "<= 30 %"', 'per_protocol = "= 30 %"', "RTC-P001", ["the sign '='", "Write =="]),
    ('per_protocol = "<= 30 %"', 'per_protocol = "≤ 30 %"', "RTC-P001", ["the sign '≤'", "Write <="]),
    ('per_protocol = "<= 30 %"', 'per_protocol = "<= 30 % and"', "RTC-N001", ["per_protocol", "'30 % and'"]),
    ('per_protocol = "<= 30 %"', 'per_protocol = "<= 30 % or <= 5 %"', "RTC-N001", ["per_protocol"]),
    ('per_protocol = "<= 30 %"', "per_protocol = 30", "RTC-P001", ["per_protocol", "'<= 30 %'"]),
    ('acceptable = "<= 35 %"', 'acceptable = "D2 <= 35 %"', "RTC-M001", ["goal 'lung-v20': acceptable", "metric 'D2'"]),
    ('acceptable = "<= 35 %"', 'acceptable = "Mean[Gy] <= 35 %"', "RTC-N001", ["acceptable", "unit of dose: Mean[Gy] is in Gy"]),
    ('per_protocol = "<= 30 %"\n', "", "RTC-P001", ["goal 'lung-v20'", "acceptable without per_protocol"]),
    ('acceptable = "<= 35 %"', "required = 1", "RTC-P001", ["goal 'lung-v20': required", "true or false"]),
    ('acceptable = "<= 35 %"', 'variant = "shirt"', "RTC-P001", ["goal 'lung-v20': variant", "did you mean short?"]),
    ('acceptable = "<= 35 %"', 'prescription = "PTV"', "RTC-P001", ["goal 'lung-v20': prescription", "nothing in V20Gy[%]"]),
    ('acceptable = "<= 35 %"', 'alpha_beta = "3 Gy"', "RTC-P001", ["goal 'lung-v20': alpha_beta", "does not use it"]),
    ('acceptable = "<= 35 %"', 'dose = "EQD2"', "RTC-P001", ["goal 'lung-v20': alpha_beta", "no alpha_beta", "'10 Gy'"]),
    ('acceptable = "<= 35 %"', 'dose = "EQD2"\nalpha_beta = "3"', "RTC-N001", ["goal 'lung-v20': alpha_beta", "dose with its unit"]),
    ('acceptable = "<= 35 %"', 'dose = "EQD2"\nalpha_beta = "0 Gy"', "RTC-P001", ["alpha_beta", "more than 0"]),
    ('acceptable = "<= 35 %"', 'dose = "eqd2"', "RTC-P001", ["goal 'lung-v20': dose", "did you mean EQD2?"]),
    ('acceptable = "<= 35 %"', 'when = { exists = "Lunge" }', "RTC-P001", ["goal 'lung-v20': when: exists", "did you mean Lungs?"]),
    ('acceptable = "<= 35 %"', 'when = { prescribed = "GTV" }', "RTC-P001", ["when: prescribed", "no prescription 'GTV'"]),
    ('acceptable = "<= 35 %"', "when = {}", "RTC-P001", ["goal 'lung-v20': when", "either exists or prescribed"]),
    ('ref = "paper"', 'ref = "papre"', "RTC-P001", ["goal 'lung-v20': source: ref", "did you mean paper?"]),
    ('source = { ref = "paper", where = "Treatment" }', "", "RTC-P001", ["goal 'lung-v20'", "no source"]),
    ('source = { ref = "paper", where = "Treatment" }', 'source = "paper"', "RTC-P001", ["goal 'lung-v20': source", "a table"]),
]
# fmt: on


@pytest.mark.parametrize(
    ("old", "new", "code", "says"), EDITS, ids=[f"{i}-{e[2]}" for i, e in enumerate(EDITS)]
)
def test_a_fault_is_one_precise_error(
    tmp_path: Path, old: str, new: str, code: str, says: list[str]
) -> None:
    assert GOOD.count(old) >= 1
    with pytest.raises(RtcheckError) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    message = str(caught.value)
    assert caught.value.code == code, message
    assert caught.value.exit_code == 2
    for part in ["site-example.toml", *says]:
        assert part in message, message


# a second goal, code, and what the message must say
# fmt: off
GOALS = [
    ('metric = "Schedule"\nper_protocol = "== 50 Gy"', "RTC-P001", ["goal 'more': per_protocol", "no limits"]),
    ('metric = "Schedule"\nprescription = "late"\nvariant = "long"', "RTC-P001", ["goal 'more'", "'late' without options"]),
    ('metric = "Schedule"\nprescription = "late"', "RTC-P001", ["goal 'more': prescription", "of variant 'long'"]),
    ('metric = "RxDose[Gy]"\nvariant = "long"', "RTC-P001", ["goal 'more': prescription", "one of PTV, late"]),
    ('metric = "RxDose[Gy]"\nprescription = "PVT"', "RTC-P001", ["goal 'more': prescription", "did you mean PTV?"]),
    ('metric = "RxDose[Gy]"\nstructure = "Lungs"', "RTC-P001", ["goal 'more': structure", "target PTV"]),
    ('metric = "RxBED[Gy]"', "RTC-P001", ["goal 'more': alpha_beta", "no alpha_beta"]),
    ('metric = "Volume[cc]"\nstructure = "Lungs"\ndose = "BED"\nalpha_beta = "10 Gy"', "RTC-P001", ["goal 'more': dose", "not measured in one"]),
    ('metric = "Count"\nstructure = "Lungs"\nper_protocol = "< 10 cc"', "RTC-N001", ["goal 'more': per_protocol", "Count has no unit"]),
]
# fmt: on


@pytest.mark.parametrize(("lines", "code", "says"), GOALS, ids=[g[0].split("\n")[0] for g in GOALS])
def test_a_goal_against_the_rest_of_the_file(
    tmp_path: Path, lines: str, code: str, says: list[str]
) -> None:
    with pytest.raises(RtcheckError) as caught:
        load(tmp_path, GOOD + GOAL + lines)
    message = str(caught.value)
    assert caught.value.code == code, message
    for part in ["site-example.toml", *says]:
        assert part in message, message


def test_one_id_is_one_goal(tmp_path: Path) -> None:
    twin = GOAL.replace("more", "lung-v20") + 'metric = "Volume[cc]"\nstructure = "Lungs"\n'
    with pytest.raises(RtcheckError, match="a second goal 'lung-v20'") as caught:
        load(tmp_path, GOOD + twin)
    assert caught.value.code == "RTC-P003"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"schema = 1\nid = \n", ["site-example.toml:2:6", "not TOML"]),
        (b"schema = 1\nid = [", ["site-example.toml:2", "not TOML"]),
        (b"schema = 1\nschema = 1\n", ["site-example.toml:2", "not TOML"]),
        (b"schema = 1\ntitle = '\xe9'\n", ["site-example.toml:2", "not UTF-8"]),
        (b"a = " + b"[\n" * 5000, ["site-example.toml", "cannot be read"]),
        (b"a = 1\nb = " + b"9" * 6000, ["site-example.toml:2", "4000 characters"]),
        (b"a." * 101 + b"b = 1\n", ["site-example.toml:1", "100 points"]),
        (b"#" * (256 * 1024 + 1), ["site-example.toml", "more than 256 KiB"]),
        (b"", ["site-example.toml", "no schema"]),
    ],
)
def test_what_is_not_toml_is_translated(tmp_path: Path, content: bytes, says: list[str]) -> None:
    with pytest.raises(RtcheckError) as caught:
        load(tmp_path, content)
    assert caught.value.code == "RTC-P001"
    for part in says:
        assert part in str(caught.value)


def test_a_byte_order_mark_and_windows_line_ends_are_harmless(tmp_path: Path) -> None:
    assert load(tmp_path, b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())


@settings(max_examples=300)
@given(
    st.integers(0, len(GOOD)),
    st.integers(0, 30),
    st.sampled_from(["", "0", '"', "[", "{}", "-", "é", "\0", " | "]),
)
def test_a_damaged_file_is_read_or_refused_but_never_breaks(at: int, cut: int, put: str) -> None:
    text = GOOD[:at] + put + GOOD[at + cut :]
    said = "site-example.toml"
    try:
        read_protocol(text.encode(), Path("site-example.toml"))
    except RtcheckError as error:
        said = str(error)
    assert "site-example.toml" in said, "every refusal names the file"
