"""What every writer for people says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade import BROKEN, FINDINGS, KEPT, NOT_MEANT, UNSAID, full_report, report_of

from rtcheck.errors import REASON_SENTENCES, Reason
from rtcheck.geometry import GEOMETRY_MODELS
from rtcheck.metrics.opinion import EngineValue
from rtcheck.plan import Severity
from rtcheck.report import words
from rtcheck.report.advice import ADVICE
from rtcheck.verdict import EXIT_CODES, Found, Outcome


def test_every_reason_has_its_sentence_and_advice() -> None:
    assert set(ADVICE) == set(REASON_SENTENCES) == set(Reason)
    for reason, advice in ADVICE.items():
        assert advice[0].isupper(), reason
        assert advice.endswith("."), reason
        row = words.row_of(replace(UNSAID, reason=reason, detail=""))
        assert (row.why, row.advice) == (REASON_SENTENCES[reason], advice)


def test_every_word_list_is_complete() -> None:
    assert set(words.HEADLINES) == set(EXIT_CODES)
    assert set(words.SEVERITY_WORDS) == set(Severity)
    assert set(words.GEOMETRY_WORDS) == set(GEOMETRY_MODELS)


@pytest.mark.parametrize("name", ["Lung_L", "ריאה", "肝臓", "Wirbelsäule", "\N{LUNGS}", "a\u200db"])
def test_a_name_that_does_nothing_is_left_alone(name: str) -> None:
    assert words.visible(name) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\x1b[2J", "a\\x1b[2J"),
        ("a\nb\tc\x00", "a\\nb\\tc\\x00"),
        ("L\u202eR", "L\\u202eR"),
        ("Liver\u200b", "Liver\\u200b"),
        ("a\u2028b", "a\\u2028b"),
        ("a\ufeff\uffff\ud800", "a\\ufeff\\uffff\\ud800"),
        ("\x85\x9b", "\\x85\\x9b"),
    ],
)
def test_a_name_that_acts_or_hides_is_shown(name: str, shown: str) -> None:
    assert words.visible(name) == shown


def test_what_was_not_evaluated_is_never_missing_from_the_headline() -> None:
    assert "1 could not be evaluated" in words.headline(full_report())
    assert "No goal was evaluated at all" in words.headline(
        report_of(overall=Outcome.NOT_EVALUATED)
    )
    assert words.counts_text(report_of()) == "no goals"
    assert words.counts_text(full_report()).startswith("1 deviation unacceptable, 1 NOT EVALUATED")


def test_a_verdict_without_a_reason_says_that_it_has_none() -> None:
    row = words.row_of(replace(UNSAID, reason=None, detail=""))
    assert row.why == "no reason was given; please report it"
    assert row.advice == ""
    assert words.row_of(NOT_MEANT).why == "no ROI has the role Bowel"


def test_remarks_say_what_changes_how_a_verdict_is_read() -> None:
    row = words.row_of(
        replace(
            KEPT,
            borderline=True,
            required=False,
            tps_value=25.3,
            prescription="PTV: 50 Gy",
            definition="as ICRU 83",
            detail="Lungs = Lung_L | Lung_R",
            dose="EQD2",
        )
    )
    assert row.metric == "V20Gy[%] in EQD2"
    assert row.others == (("Planning system", "25.3 %"),)
    assert row.remarks == (
        "Borderline: a limit lies inside the interval, too close to call.",
        "Shown only: it does not decide the overall outcome.",
        "Prescription referred to: PTV: 50 Gy.",
        "Definition: as ICRU 83.",
        "Lungs = Lung_L | Lung_R",
    )


def test_found_rois_name_their_role_where_it_is_not_the_structure() -> None:
    assert words.found_text(KEPT) == "lung total (alias)"
    found = (Found("a", 1, "tg263", "Liver"), Found("b", 2, "normalised", "GTV"))
    combined = replace(KEPT, structure="Liver - GTV", found=found)
    assert words.found_text(combined) == "Liver: a (TG-263 name), GTV: b (normalised name)"
    assert words.found_text(replace(KEPT, found=(), roi="PTV_1")) == "PTV_1"


def test_reasons_protocols_and_settings_in_words() -> None:
    assert words.reason_text(None, "x") == ""
    assert words.reason_text(Reason.NO_DOSE, "") == REASON_SENTENCES[Reason.NO_DOSE]
    assert words.protocol_text(full_report()) == "site-2020@arm-a 1.0.0 (draft)"
    settings = words.settings_in_words({"geometry": "prism", "map PTV": "x"})
    assert settings["geometry"].startswith("prism: every contour is extruded")
    assert settings["map PTV"] == "x"
    assert words.setting_words("map PTV") == "map PTV"
    assert words.setting_words("approval_status") == "approval status"


@pytest.mark.parametrize(
    ("created", "shown"),
    [
        ("2026-01-02T03:04:05+00:00", "2026-01-02 03:04 UTC"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02 01:04 UTC"),
        ("2026-01-02T03:04:05", "2026-01-02 03:04"),
        ("yesterday", "yesterday"),
    ],
)
def test_when_a_report_was_made(created: str, shown: str) -> None:
    assert words.created_text(replace(full_report(), created=created)) == shown


def test_findings_that_block_come_first_and_keep_their_order_otherwise() -> None:
    ordered = words.findings_in_order((*FINDINGS, *FINDINGS))
    assert [f.severity for f in ordered] == [s for s in Severity for _ in range(2)]


def test_the_report_orders_and_counts_its_verdicts() -> None:
    report = full_report()
    assert [v.outcome for v in report.in_display_order()] == list(report.counts())
    assert report.in_display_order()[0] is BROKEN
    assert report.exit_code == 1


def test_another_engine_that_differs_is_pointed_at() -> None:
    same = EngineValue("other", "1", 25.2)
    row = words.row_of(replace(KEPT, second_engine=same))
    assert row.others == (("other", "25.2 %"),)
    assert row.remarks == ()
    row = words.row_of(replace(KEPT, second_engine=replace(same, differs=True)))
    assert row.remarks == ("Another engine says otherwise: see the findings.",)
    none = EngineValue("other", "1", reason="it knows single ROIs, no expressions")
    row = words.row_of(replace(KEPT, second_engine=none))
    assert row.others == (("other", "none: it knows single ROIs, no expressions"),)
