"""Each lint code is raised by a slip of its kind, and the shipped files have none."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtcheck.errors import UsageError
from rtcheck.protocol import LintSeverity, lint_protocol, list_protocols, new_protocol
from rtcheck.protocol.lint import CODES

RULES = """\
schema = 1
id = "small"
version = "1.0.0"
status = "draft"
title = "Small"
[sources.paper]
cite = "A paper"
[structures]
Lungs = { tg263 = "Lungs" }
[[goal]]
id = "lung-v20"
structure = "Lungs"
metric = "V20Gy[%]"
per_protocol = "<= 30 %"
acceptable = "<= 35 %"
source = { ref = "paper", where = "Treatment" }
"""

CASES = """\
case = [
    { goal = "lung-v20", plan = "p", expect = "per_protocol" },
    { goal = "lung-v20", plan = "p", expect = "variation_acceptable" },
    { goal = "lung-v20", plan = "p", expect = "deviation_unacceptable" },
    { goal = "lung-v20", plan = "p", expect = "not_evaluated", reason = "no_dose" },
]
[plans.p.structures]
Lungs = { box = [0, 10, 0, 10, 0, 10] }
"""

TWIN = RULES[RULES.index("[[goal]]") :].replace("lung-v20", "twin").replace("35 %", "36 %")
IMPOSSIBLE = '{ dose = "50 Gy", fractions = 5, dose_per_fraction = "2 Gy" }'
RX = '[[prescription]]\nname = "PTV"\ntarget = "Lungs"\n'


def lint(tmp_path: Path, rules: str, cases: str | None = CASES, name: str = "small") -> list[str]:
    path = tmp_path / f"{name}.toml"
    path.write_text(rules)
    if cases is not None:
        (tmp_path / f"{name}.cases.toml").write_text(cases)
    return [f"{m.code} {m.goal}".strip() for m in lint_protocol(path)]


def test_a_clean_file(tmp_path: Path) -> None:
    assert lint(tmp_path, RULES) == []


def test_the_shipped_files_are_clean() -> None:
    for protocol in list_protocols():
        assert [str(m) for m in lint_protocol(protocol)] == []


def limits(per_protocol: str, acceptable: str = "", metric: str = "V20Gy[%]") -> str:
    rules = RULES.replace("V20Gy[%]", metric).replace('"<= 30 %"', f'"{per_protocol}"')
    line = f'acceptable = "{acceptable}"\n' if acceptable else ""
    return rules.replace('acceptable = "<= 35 %"\n', line)


SLIPS = [
    ("RTC-L001", limits("<= 30 %", "<= 25 %")),
    ("RTC-L001", limits("<= 6000 cGy", "<= 5500 cGy", "Max[cGy]")),
    ("RTC-L001", limits("<= 30 %", "< 30 %")),
    ("RTC-L001", limits(">= 95 %", ">= 98 %")),
    ("RTC-L001", limits("<= 30 Gy", ">= 5 Gy and <= 40 Gy", "Mean[Gy]")),
    ("RTC-L002", limits("<= 30 %", ">= 35 %")),
    ("RTC-L002", limits("<= 30 Gy", "D2%[Gy] >= 35 Gy", "Mean[Gy]")),
    ("RTC-L003", limits("<= 30 %", "<= 30 %")),
    ("RTC-L004", limits("<= 4500 cGy", "<= 7425 cGy", "D120cc[cGy]")),
    ("RTC-L005", limits(">= 54 Gy and <= 30 Gy", metric="Mean[Gy]")),
    ("RTC-L005", limits("> 5 and < 5", metric="Count")),
    ("RTC-L005", limits("<= -5 Gy", metric="Mean[Gy]")),
    ("RTC-L005", limits(">= 105 %")),
    ("RTC-L006", limits("<= 100 %")),
    ("RTC-L006", limits(">= 0 %")),
    ("RTC-L006", limits("> -5 Gy", metric="Mean[Gy]")),
    ("RTC-L007", limits("<= 0.3 %")),
]


@pytest.mark.parametrize(("code", "rules"), SLIPS, ids=[f"{i}-{s[0]}" for i, s in enumerate(SLIPS)])
def test_slips_in_limits(tmp_path: Path, code: str, rules: str) -> None:
    assert f"{code} lung-v20" in lint(tmp_path, rules, CASES)


FINE = [
    limits("< 30 %", "<= 30 %"),
    limits(">= 95 %", ">= 90 %"),
    limits(">= 10 Gy and <= 15 Gy", ">= 7 Gy and <= 18 Gy", "Mean[Gy]"),
    limits(">= 95 Gy", "D98%[Gy] >= 95 Gy", "Min[Gy]"),
    limits(">= 100 %", ">= 95 %"),
    limits(">= -2 mm", ">= -3 mm", "Margin(Lungs)[mm]"),
]


@pytest.mark.parametrize("rules", FINE)
def test_what_is_no_slip(tmp_path: Path, rules: str) -> None:
    assert lint(tmp_path, rules) == []


REST = [
    ("RTC-L008 twin", RULES + TWIN, CASES, "small"),
    (
        "RTC-L009",
        RULES.replace("[structures]", '[sources.other]\ncite = "x"\n[structures]'),
        CASES,
        "small",
    ),
    ("RTC-L009", RULES.replace("[structures]", "[structures]\nHeart = {}"), CASES, "small"),
    ("RTC-L009", RULES.replace("[structures]", RX + "[structures]"), CASES, "small"),
    (
        "RTC-L009",
        RULES.replace("[sources.paper]", 'variants = ["a"]\n[sources.paper]'),
        CASES,
        "small",
    ),
    ("RTC-L010", RULES.replace('tg263 = "Lungs"', 'match = "Lung*", except = "*"'), CASES, "small"),
    (
        "RTC-L010 lung-v20",
        RULES.replace("[sources.paper]", 'variants = ["a"]\n[sources.paper]')
        .replace("[structures]", RX + 'variant = "a"\n[structures]')
        .replace('acceptable = "<= 35 %"', 'acceptable = "<= 35 %"\nwhen = { prescribed = "PTV" }'),
        CASES,
        "small",
    ),
    ("RTC-L011", RULES, None, "small"),
    ("RTC-L011", RULES, "case = 3", "small"),
    (
        "RTC-L012 lung-v20",
        RULES,
        CASES.replace('"variation_acceptable"', '"per_protocol"'),
        "small",
    ),
    ("RTC-L013", RULES.replace("draft", "withdrawn"), CASES, "small"),
    ("RTC-L014", RULES, CASES, "other"),
    (
        "RTC-L015",
        RULES.replace(
            "[structures]",
            f"{RX}options = [{IMPOSSIBLE}]\n[structures]",
        ),
        CASES,
        "small",
    ),
]


@pytest.mark.parametrize(
    ("message", "rules", "cases", "name"), REST, ids=[f"{i}-{r[0]}" for i, r in enumerate(REST)]
)
def test_other_slips(
    tmp_path: Path, message: str, rules: str, cases: str | None, name: str
) -> None:
    assert message in lint(tmp_path, rules, cases, name)


def test_every_code_is_raised_here() -> None:
    raised = {s[0] for s in SLIPS} | {r[0].split()[0] for r in REST}
    assert raised == set(CODES)


def test_a_message_says_what_and_where(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(limits("<= 120 Gy", "<= 110 Gy", "Max[Gy]"))
    (tmp_path / "small.cases.toml").write_text(CASES)
    (message,) = lint_protocol(path)
    assert message.severity is LintSeverity.ERROR
    assert str(message) == (
        "error RTC-L001 (goal 'lung-v20'): the acceptable limit is stricter than the one per "
        "protocol: per protocol '<= 120 Gy', acceptable '<= 110 Gy'"
    )


def test_the_template_is_clean(tmp_path: Path) -> None:
    rules, cases = new_protocol("my-lung")
    assert lint(tmp_path, rules, cases, "my-lung") == []
    with pytest.raises(UsageError, match="letters, digits"):
        new_protocol("my lung")
