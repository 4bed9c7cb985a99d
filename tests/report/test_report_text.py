"""The report as text: what is the same is said once, what is known of a violation stands below."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade import BROKEN, KEPT, UNSAID, VARIED, full_report, report_of

from rtcheck.report.record import Picture
from rtcheck.report.text_report import write_text
from rtcheck.verdict import Evidence, Found, Outcome, Verdict

TARGETS = ("PTV1", "PTV2", "PTV3")


def each(**differing: tuple) -> list[Verdict]:
    """Return one goal judged on three targets."""
    made = []
    for i, name in enumerate(TARGETS):
        own = {key: values[i] for key, values in differing.items()}
        made.append(
            replace(
                VARIED,
                roi=name,
                found=(Found(name, i, "match", "PTV"),),
                value=94.0 - i,
                prescription=f"{name}: 50 Gy in 25 fractions",
                note="A reading.",
                **{"borderline": False, **own},
            )
        )
    return made


@pytest.mark.parametrize("width", [40, 80, 200])
def test_what_holds_for_each_target_is_said_once(width: int) -> None:
    flat = " ".join(write_text(report_of(*each()), width).split())
    for once in ("D95%[%]", "acceptable >= 90 %", "A reading.", "ptv-d95", "Table 1"):
        assert flat.count(once) == 1, once
    assert "PTV1, PTV2, PTV3 (name pattern)" in flat
    assert "PTV1, PTV2, PTV3: 50 Gy in 25 fractions" in flat
    for value in ("94.0 %", "93.0 %", "92.0 %"):
        assert value in flat


def test_what_differs_between_targets_is_said_of_each() -> None:
    limits = (">= 95 %", ">= 95 %", ">= 99 %")
    text = write_text(report_of(*each(per_protocol=limits, borderline=(True, True, True))))
    assert text.count(">= 95 %") == 1
    assert text.count(">= 99 %") == 1
    # A mark that a value is too close to call is never said of another one.
    assert text.count("Borderline: a limit lies inside the interval") == 3


def test_two_goals_on_one_structure_are_not_taken_together() -> None:
    other = replace(KEPT, goal="lung-v5", metric="V5Gy[%]", per_protocol="<= 30 %")
    text = write_text(report_of(KEPT, other))
    assert text.count("<= 30 %") == 2
    assert "V5Gy[%]" in text
    assert "V20Gy[%]" in text


def test_where_a_goal_is_violated_and_the_least_change_stand_below_it() -> None:
    evidence = Evidence(
        "cord-max", "", 1.5, (1.0, 2.0, 3.0), (0.0, 9.0), 4, (("PTV_High", 0.5),),
        "the dose must fall by 2 Gy",
    )  # fmt: skip
    report = replace(full_report(), evidence=(evidence,))
    flat = " ".join(write_text(report).split())
    where = flat.index("Where: Too much dose in 1.50 cc from z 0.0 to 9.0 mm (4 planes)")
    change = flat.index("Least change: the dose must fall by 2 Gy.")
    assert flat.index("deviation unacceptable (1)") < where < change < flat.index("Why: ")
    assert "Where: " not in write_text(report_of(replace(BROKEN, goal="other"), UNSAID))


def test_pictures_are_counted() -> None:
    picture = Picture("A plane", "z 0 mm", "<svg/>")
    for number, words in ((1, "1 picture of the plan"), (3, "3 pictures of the plan")):
        report = replace(full_report(), pictures=(picture,) * number)
        assert f"{words} in the HTML report." in write_text(report)
    assert "picture" not in write_text(full_report())


def test_every_verdict_has_its_row() -> None:
    report = full_report()
    text = write_text(report)
    for verdict in report.verdicts:
        assert verdict.goal in text
    assert sum(n for o, n in report.counts().items() if o is not Outcome.NOT_APPLICABLE) == 5
