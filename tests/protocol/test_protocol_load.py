"""Finding rule files, and what a good one becomes."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import pytest

from rtcheck.errors import ProtocolNotFoundError
from rtcheck.protocol import list_protocols, load_protocol, split_reference
from rtcheck.protocol.fields import Place
from rtcheck.protocol.goal import Comparison, Range, Status
from rtcheck.protocol.schedule import read_options, read_range
from rtcheck.units import Dimension

IDS = [
    "luo-hcc-oligometastasis",
    "sorafenib-rt-2012-hcc",
    "sun-2016-hcc-lung-mets",
    "yang-2023-hcc-mvi",
    "zhai-2025-hcc-thrombosis",
]
AT = Place("x.toml")


def test_the_shipped_protocols() -> None:
    protocols = list_protocols()
    assert [p.id for p in protocols] == IDS
    for protocol in protocols:
        path = Path(protocol.path)
        assert path.stem == protocol.id
        assert protocol.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert protocol.site == path.parent.name
        assert protocol.status is Status.DRAFT
        assert protocol.checklist
        assert all(g.source.where and g.note for g in protocol.goals), (
            "every rule says whence and how read"
        )


def test_an_id_and_a_path_mean_the_same() -> None:
    by_id = load_protocol(IDS[0])
    for path in (by_id.path, Path(by_id.path)):
        assert load_protocol(path).sha256 == by_id.sha256


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("site", ("site", "")),
        ("site@late", ("site", "late")),
        ("a/b.toml", ("a/b.toml", "")),
        ("a/b.toml@late", ("a/b.toml", "late")),
        ("me@host/b.toml", ("me@host/b.toml", "")),
        ("me@host/b.toml@late", ("me@host/b.toml", "late")),
        ("me@host/b", ("me@host/b", "")),
        (r"me@host\b", (r"me@host\b", "")),
    ],
)
def test_references(text: str, parts: tuple[str, str]) -> None:
    assert split_reference(text) == parts


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        (
            "zhai-2025-hcc-trombosis",
            ["no protocol", "did you mean zhai-2025-hcc-thrombosis?", IDS[0]],
        ),
        ("quite-another", ["no protocol 'quite-another'", *IDS]),
        ("there/is-none.toml", ["no file 'there/is-none.toml'"]),
        (
            "sorafenib-rt-2012-hcc@metastases",
            ["no variant 'metastases'", "did you mean metastasis?"],
        ),
        ("zhai-2025-hcc-thrombosis@x", ["no variant 'x'", "None is declared"]),
        ("a/zhai.cases.toml", ["is a cases file", "zhai.toml"]),
        ("", ["no protocol ''"]),
        ("\0.toml", ["no file"]),
    ],
)
def test_what_does_not_exist(reference: str, says: list[str]) -> None:
    with pytest.raises(ProtocolNotFoundError) as caught:
        load_protocol(reference)
    assert caught.value.code == "RTC-P004"
    for part in says:
        assert part in str(caught.value)


def test_a_folder_is_no_rule_file(tmp_path: Path) -> None:
    folder = tmp_path / "x.toml"
    folder.mkdir()
    with pytest.raises(ProtocolNotFoundError, match="directory"):
        load_protocol(folder)


def test_variants_are_accepted() -> None:
    assert load_protocol("sorafenib-rt-2012-hcc@metastasis").variants == ("primary", "metastasis")


def test_tiers_clauses_and_their_metrics() -> None:
    goals = {g.id: g for p in list_protocols() for g in p.goals}
    hot = goals["ptv-hot-spot"].per_protocol
    assert hot is not None
    assert [(c.metric, c.limit.comparison, c.limit.inside) for c in hot.clauses] == [
        (None, Comparison.LESS, 115.0)
    ]
    loose = goals["ptv-min"].acceptable
    assert loose is not None
    (clause,) = loose.clauses
    assert clause.metric is not None
    assert (clause.metric.text, clause.limit.text) == ("D98%[%]", ">= 95 %")
    sup = goals["ptv-margin-superior"].per_protocol
    assert sup is not None
    assert [(c.limit.comparison, c.limit.inside) for c in sup.clauses] == [
        (Comparison.AT_LEAST, 9.5), (Comparison.AT_MOST, 15.5),
    ]  # fmt: skip
    assert goals["lesion-diameter"].per_protocol.clauses[0].limit.inside == 50.0, "5 cm in mm"


def test_what_is_only_reported_does_not_decide() -> None:
    for protocol in list_protocols():
        for goal in protocol.goals:
            assert goal.required is False or goal.per_protocol is not None


def test_a_goal_takes_the_only_prescription() -> None:
    sun = load_protocol("sun-2016-hcc-lung-mets")
    assert {g.id for g in sun.goals if g.prescription == "PTV"} == {
        "schedule", "ptv-min", "ptv-max", "ptv-hot-spot",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("50 Gy", 50, 50),
        ("44..66 Gy", 44, 66),
        ("44 Gy .. 66 Gy", 44, 66),
        ("180..200 cGy", 1.8, 2.0),
        ("<= 2.2 Gy", 0, 2.2),
        (">= 2 Gy", 2, math.inf),
    ],
)
def test_ranges(text: str, low: float, high: float) -> None:
    assert read_range(text, Dimension.DOSE, AT) == Range(low, high)


@pytest.mark.parametrize(
    ("table", "dose", "fractions", "allowed"),
    [
        ({"dose": "50 Gy", "fractions": [5, 10]}, 50, 10, True),
        ({"dose": "50 Gy", "fractions": [5, 10]}, 50, 7, False),
        (
            {"dose": "44..66 Gy", "fractions": "22..33", "dose_per_fraction": "2 Gy"},
            50.4,
            28,
            False,
        ),
        ({"dose": "44..66 Gy", "fractions": "22..33", "dose_per_fraction": "2 Gy"}, 66, 33, True),
        ({"dose": "30..58.42 Gy", "dose_per_fraction": "1.8..6 Gy"}, 58.42, 23, True),
        ({"dose": "30..54 Gy", "dose_per_fraction": "1.8..5 Gy"}, 50.4, 28, True),
        (
            {"dose": "40..55 Gy", "fractions": "20..25", "dose_per_fraction": "<= 2.2 Gy"},
            55,
            25,
            True,
        ),
        ({"fractions": 5}, 1, 5, True),
    ],
)
def test_schedules(table: dict[str, object], dose: float, fractions: int, allowed: bool) -> None:
    assert any(o.allows(dose, fractions) for o in read_options([table], AT)) is allowed


def test_schedules_in_words() -> None:
    zhai = {g.id: g for g in load_protocol("zhai-2025-hcc-thrombosis").goals}
    assert zhai["ptv-schedule"].per_protocol.text == "40–60 Gy in 20–30 fractions of 2 Gy"
    luo = {g.id: g for g in load_protocol("luo-hcc-oligometastasis").goals}
    assert (
        "PTV_Bone: 40–55 Gy in 20–25 fractions of at most 2.2 Gy" in luo["schedule"].acceptable.text
    )
