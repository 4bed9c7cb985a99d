"""Every parser of foreign content keeps its law: on found cases, on made ones, and with atheris.

RTCHECK_LONG=1 lets atheris follow each parser for a minute instead of for two seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from parsers import CORPUS, PARSERS
from trying import clean_files

ROOT = Path(__file__).resolve().parents[2]
LONG = bool(os.environ.get("RTCHECK_LONG"))
SECONDS = 60 if LONG else 2
MEGABYTES = 1500

KNOWN = {
    "decimals": [
        rb"1.5\-20\.25\1e3\ 7 \123456789012345678\+0",
        rb"\\",
        b"1.2.3",
        b"1_0",
        b"-",
        b"",
    ],
    "raw_items": [b"\xfe\xff\x00\xe0\xff\xff\xff\xff" * 20, b"\xfe\xff\x00\xe0\0\0\0\0"],
    "contours": [b"\xfe\xff\x00\xe0\xff\xff\xff\xff\x06\x30\x50\x00DS\x04\x001\\2\\"],
    "pixels": [b"\0\1\1\0\x20\1\0\0" + bytes(16), b"\0\1\1\1\x20\1\0\0" + b"\xfe\xff\x00\xe0" * 9],
    "stored_dvhs": [rb"0000.1\100\.1\90\.2\10|1.0|0|1.2|30", rb"1010.1\20\.1\30|1e308|nan|-1|inf"],
    "files": [*clean_files().values(), b"\x08\x00\x60\x00CS\x06\x00RTDOSE", bytes(128) + b"DICM"],
    "metrics": [b"V20Gy[%]", b"gEUD(8)[Gy]", b"Inside(PTV | GTV)[%]", b"DC0.03cc[cGy]", b"D1e400%"],
    "quantities": [b"50 Gy", b"PTV=50 Gy/25", b"-.5e3 cGy", b"1e999 Gy", b"A=1 Gy/0", b"=/ Gy"],
    "expressions": [b"Lungs-GTV\nLungs-GTV | ring(A, 0 mm, 5 mm)", b"expand\nexpand(expand, 0 mm)"],
    "rules": [path.read_bytes() for path in sorted(ROOT.glob("protocols/*/*.toml"))[:4]],
}
"""What each begins with: valid content, and what is nearly so."""


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_keeps_its_law_on_what_is_known_and_was_found(name: str) -> None:
    found = [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))]
    tried = [*KNOWN[name], *found]
    for data in tried:
        PARSERS[name](data)
        PARSERS[name](data[: len(data) // 2])
    assert tried


@pytest.mark.parametrize("name", [name for name in PARSERS if name not in ("files", "rules")])
def test_a_parser_keeps_its_law_on_any_bytes(name: str) -> None:
    @settings(max_examples=5_000 if LONG else 150)
    @given(st.one_of(st.binary(max_size=400), st.sampled_from(KNOWN[name]).flatmap(_nearly)))
    @example(b"")
    def law(data: bytes) -> None:
        PARSERS[name](data)

    law()


def _nearly(data: bytes) -> st.SearchStrategy[bytes]:
    """Return bytes with a stretch taken out and others put in its place."""
    place = st.integers(0, len(data))
    return st.tuples(place, place, st.binary(max_size=8)).map(
        lambda cut: data[: min(cut[:2])] + cut[2] + data[max(cut[:2]) :]
    )


@pytest.mark.skipif(find_spec("atheris") is None, reason="pip install 'rtcheck[fuzz]' for atheris")
@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_keeps_its_law_where_atheris_leads(name: str, tmp_path: Path) -> None:
    seeds, made = tmp_path / "seeds", tmp_path / "made"
    seeds.mkdir()
    made.mkdir()
    for number, data in enumerate(KNOWN[name]):
        (seeds / str(number)).write_bytes(data)
    done = subprocess.run(
        [
            *(sys.executable, str(Path(__file__).with_name("led_by_atheris.py")), name),
            *(str(made), str(seeds), f"-artifact_prefix={tmp_path}/"),
            *(f"-max_total_time={SECONDS}", "-timeout=10", f"-rss_limit_mb={MEGABYTES}"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done " in done.stderr
