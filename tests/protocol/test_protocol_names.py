"""Which ROIs have a role: levels, ambiguity, sides, globs, maps; never a wrong one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.errors import ProtocolNotFoundError, ProtocolSyntaxError, UsageError
from rtcheck.protocol import (
    MatchedBy,
    Role,
    check_mapping,
    load_aliases,
    load_protocol,
    match_role,
    match_roles,
    with_aliases,
)
from rtcheck.protocol.names import normalise


@dataclass(frozen=True)
class Roi:
    roi_number: int
    roi_name: str


def rois(*names: str) -> list[Roi]:
    return [Roi(i, name) for i, name in enumerate(names, start=1)]


LUNGS = Role("Lungs", tg263="Lungs", aliases=("lung total", "Both Lungs"))
LUNG_L = Role("Lung_L", tg263="Lung_L")
PTV = Role("PTV", match="PTV*", except_match=("*ring*",), each=True)
GTV = Role("GTV", tg263="GTV")

SIDES = {"left": ("L", "l", "Lt", "LT", "left", "Left"), "right": ("R", "r", "rt", "RT", "right")}


@pytest.mark.parametrize(
    "name", ["Lung_L", "lung left", "LT LUNG", "Left Lung", "lung lt", " Lung-L "]
)
def test_one_side_in_many_spellings(name: str) -> None:
    assert normalise(name) == "lung left"
    assert [c.roi_name for c in match_role(LUNG_L, rois(name)).found] == [name]


@given(
    st.sampled_from(SIDES["left"]),
    st.sampled_from(SIDES["right"]),
    st.sampled_from(" _-"),
    st.booleans(),
)
def test_left_is_never_right(left: str, right: str, join: str, first: bool) -> None:
    def name(side: str) -> str:
        return f"{side}{join}Lung" if first else f"Lung{join}{side}"

    assert normalise(name(left)) == "lung left"
    assert normalise(name(right)) == "lung right"
    assert match_role(LUNG_L, rois(name(right))).found == ()
    assert match_role(LUNG_L, rois(f"{name(left)}{join}{right}")).found == (), (
        "both sides are no side"
    )
    assert match_role(LUNG_L, rois("Lung", "Lungs", "LUNG ")).found == (), "no side is no side"


@given(st.text(max_size=12), st.text(max_size=12))
def test_a_name_matches_only_what_normalises_alike(role_name: str, roi_name: str) -> None:
    found = match_role(Role("R", tg263=role_name), rois(roi_name)).found
    alike = normalise(role_name) == normalise(roi_name) != ""
    assert bool(found) == (role_name != "" and (role_name == roi_name or alike))


@given(st.text(max_size=20))
def test_normalising_again_only_repeats(name: str) -> None:
    body, _, sides = normalise(name).partition(" ")
    assert " " not in body
    assert set(sides.split()) <= {"left", "right"}


@pytest.mark.parametrize("other", ["GTV_boost", "GTV1", "xGTV", "GTV PTV", "G T V 2", "CTV"])
def test_a_longer_name_is_another_name(other: str) -> None:
    result = match_role(GTV, rois(other))
    assert result.found == ()
    assert result.detail == "no ROI has this name"


def test_digits_that_were_apart_stay_apart() -> None:
    assert normalise("PTV_1_2") != normalise("PTV_12")
    assert normalise("PTV_1") == normalise("PTV1") == normalise("ptv 1")
    assert normalise("_") == normalise("L") == normalise("") == ""


@pytest.mark.parametrize(
    ("names", "winner", "by"),
    [
        (("lung total", "Lungs", "LUNGS"), "Lungs", MatchedBy.TG263),
        (("LUNGS", "lung total"), "lung total", MatchedBy.ALIAS),
        (("Lung_L", "LUNGS "), "LUNGS ", MatchedBy.NORMALISED),
        (("Lung_L", "both_lungs"), "both_lungs", MatchedBy.NORMALISED),
    ],
)
def test_the_surest_level_wins(names: tuple[str, ...], winner: str, by: MatchedBy) -> None:
    (candidate,) = match_role(LUNGS, rois(*names)).found
    assert (candidate.roi_name, candidate.matched_by) == (winner, by)


@pytest.mark.parametrize(
    "names", [("lung total", "Both Lungs"), ("Lungs", "Lungs"), ("LUNGS", "lungs")]
)
def test_two_on_the_winning_level_are_ambiguous(names: tuple[str, ...]) -> None:
    result = match_role(LUNGS, rois(*names))
    assert result.found == ()
    assert [c.roi_name for c in result.ambiguous] == list(names)
    assert all(repr(name) in result.detail for name in names)
    assert "ROI 1" in result.detail
    assert "ROI 2" in result.detail


def test_a_glob_takes_all_and_except_leaves_out() -> None:
    result = match_role(PTV, rois("PTV_1", "ptv low", "zPTV", "PTV_Ring", "CTV", "PTV|a/b, "))
    assert [c.roi_name for c in result.found] == ["PTV_1", "ptv low", "PTV|a/b, "]
    assert {c.matched_by for c in result.found} == {MatchedBy.MATCH}


def test_suggestions_are_never_used() -> None:
    result = match_role(Role("Duodenum", tg263="Duodenum"), rois("Duodnum", "Stomach"))
    assert (result.found, result.suggestions) == ((), ("Duodnum",))
    assert match_role(LUNG_L, rois("Lung_R")).suggestions == (), "not even the other side"
    assert match_role(GTV, rois("GTV_boost")).suggestions == ("GTV_boost",)


ODD = ["PTV|a/b, ", "A|B", " x ", "50%=Rx", "Niere li. <alt>"]


@pytest.mark.parametrize("name", ODD)
def test_a_map_takes_any_name_exactly(name: str) -> None:
    (candidate,) = match_role(GTV, rois("GTV", "A", *ODD), {"GTV": name}).found
    assert (candidate.roi_name, candidate.matched_by) == (name, MatchedBy.MAP)


def test_a_map_takes_several_for_roles_that_may_have_several() -> None:
    plan = rois("PTV_1", "Ziel 1", "A|B", "Ziel 2")
    for asked in ("Ziel 1|Ziel 2|A|B", "A|B | Ziel 2 | Ziel 1", ["Ziel 1", "Ziel 2", "A|B"]):
        found = match_role(PTV, plan, {"PTV": asked}).found
        assert [c.roi_name for c in found] == ["Ziel 1", "A|B", "Ziel 2"], "the map alone decides"
    result = match_role(GTV, plan, {"GTV": "Ziel 1|Ziel 2"})
    assert (result.found, len(result.ambiguous)) == ((), 2)


def test_a_map_to_what_is_not_there_finds_nothing() -> None:
    result = match_role(GTV, rois("GTV", "GTV "), {"GTV": "gtv"})
    assert result.found == ()
    assert "the map names 'gtv'" in result.detail
    assert "GTV" in match_role(GTV, rois("GTV"), {"GTV": "GTV_1"}).suggestions
    assert match_role(GTV, rois("GTV"), {"GTV": []}).found == ()
    assert match_role(GTV, rois("GTV", "GTV"), {"GTV": "GTV"}).ambiguous != ()


def test_a_map_of_an_unknown_role_is_refused() -> None:
    protocol = load_protocol("sun-2016-hcc-lung-mets")
    check_mapping(protocol, {"Lungs": "x"})
    with pytest.raises(UsageError, match=r"no role 'Lunge'.*did you mean Lungs"):
        check_mapping(protocol, {"Lunge": "x"})


def test_a_clinics_aliases_win_and_other_protocols_roles_are_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text('Lungs = ["Lunge bds.", "Lunge"]\nBrain = ["Hirn"]\n')
    aliases = load_aliases(path)
    assert aliases == {"Lungs": ("Lunge bds.", "Lunge"), "Brain": ("Hirn",)}
    protocol = with_aliases(load_protocol("sun-2016-hcc-lung-mets"), aliases)
    found = match_roles(protocol, rois("Lungs", "Lunge", "PTV_1"))
    assert [(c.roi_name, c.matched_by) for c in found["Lungs"].found] == [("Lunge", "site alias")]
    assert [c.roi_name for c in found["PTV"].found] == ["PTV_1"]
    assert match_role(protocol.roles["Lungs"], rois("LUNGE")).found[0].matched_by == "normalised"


def test_faults_in_an_alias_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text('Lungs = "Lunge"\n')
    with pytest.raises(ProtocolSyntaxError, match=r"site.toml: Lungs.*a list"):
        load_aliases(path)
    path.write_text("Lungs = [3]\n")
    with pytest.raises(ProtocolSyntaxError, match=r"site.toml: Lungs number 1.*an ROI name"):
        load_aliases(path)
    with pytest.raises(ProtocolNotFoundError, match="No such file"):
        load_aliases(tmp_path / "none.toml")


def test_lungs_of_the_plan_and_which_were_used() -> None:
    lungs = load_protocol("sun-2016-hcc-lung-mets").roles["Lungs"]
    for names, winner in [
        (("Lungs", "Lungs-GTV", "Lung_L"), "Lungs"),
        (("Lungs-GTV", "Lung_L", "Lung_R"), "Lungs-GTV"),
        (("Lung_L", "Lung_R"), None),
    ]:
        found = match_role(lungs, rois(*names)).found
        assert [c.roi_name for c in found] == ([winner] if winner else [])
