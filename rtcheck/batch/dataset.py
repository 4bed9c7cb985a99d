"""The tables of a batch: plans, verdicts and curves, as CSV and Parquet, in one order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from rtcheck.batch.store import Record, Store
from rtcheck.report.csv_report import csv_text
from rtcheck.report.files import BOM

Row = Mapping[str, Any]

_TEXTS, _NUMBERS, _COUNTS, _TRUTHS = "string", "double", "int64", "bool"
_LISTS = "list"

PLANS: Mapping[str, str] = {
    **dict.fromkeys(("plan", "rt_plan_label", "plan_date", "outcome"), _TEXTS),
    "exit_code": _COUNTS,
    **dict.fromkeys(("error_code", "error", "protocols", "prescriptions"), _TEXTS),
    "number_of_fractions_planned": _COUNTS,
    "goals": _COUNTS,
    **dict.fromkeys(("per_protocol", "variation_acceptable", "deviation_unacceptable"), _COUNTS),
    **dict.fromkeys(("not_evaluated", "reported", "not_applicable", "borderline"), _COUNTS),
    **dict.fromkeys(("findings", "files", "files_sha256", "geometry", "rtcheck_version"), _TEXTS),
    **dict.fromkeys(("settings_sha256", "created", "reports"), _TEXTS),
}
"""Columns of the table of plans, and their types."""

VERDICTS: Mapping[str, str] = {
    **dict.fromkeys(("plan", "rt_plan_label", "protocol", "variant", "protocol_version"), _TEXTS),
    **dict.fromkeys(("protocol_sha256", "overall", "goal", "structure", "roi", "found"), _TEXTS),
    **dict.fromkeys(("matched_by", "metric", "dose"), _TEXTS),
    **dict.fromkeys(("value", "low", "high"), _NUMBERS),
    **dict.fromkeys(("unit", "value_text", "per_protocol", "acceptable", "outcome"), _TEXTS),
    "borderline": _TRUTHS,
    **dict.fromkeys(("reason", "detail"), _TEXTS),
    **dict.fromkeys(("margin", "tps_value"), _NUMBERS),
    "second_engine": _TEXTS,
    "second_engine_value": _NUMBERS,
    "required": _TRUTHS,
    **dict.fromkeys(("prescription", "source_ref", "source_where", "source_cite"), _TEXTS),
    **dict.fromkeys(("note", "definition", "violated_where", "least_change"), _TEXTS),
}
"""Columns of the table of verdicts."""

CURVES: Mapping[str, str] = {
    **dict.fromkeys(("plan", "role", "roi"), _TEXTS),
    **dict.fromkeys(("volume_cm3", "max_gy", "step_gy"), _NUMBERS),
    "volume_percent": _LISTS,
}
"""Columns of the table of curves: volume in percent at 0, 1, 2 … times `step_gy`."""

_PLANS_AT_ONCE = 500

Tables = Mapping[str, tuple[Mapping[str, str], Callable[[Record], Sequence[Row]]]]

TABLES: Tables = {
    "plans": (PLANS, lambda record: [record["plan"]]),
    "verdicts": (VERDICTS, lambda record: record["verdicts"]),
    "curves": (CURVES, lambda record: record["curves"]),
}
"""Name of a table, its columns, and its rows of one record."""


def has_parquet() -> bool:
    """Return whether Parquet can be written (extra `batch`)."""
    return find_spec("pyarrow") is not None


def write_tables(store: Store, ids: Sequence[str]) -> None:
    """Write the tables of the units, in their order, whatever the order they were done in.

    Raises
    ------
    UsageError
        If a file cannot be written.
    """
    for name, (columns, rows_of) in TABLES.items():
        with store.writing(f"{name}.csv") as beside:
            _write_csv(beside, columns, _rows(store, ids, rows_of))
        if has_parquet():
            with store.writing(f"{name}.parquet") as beside:
                _write_parquet(beside, columns, _rows(store, ids, rows_of))


def _rows(
    store: Store, ids: Iterable[str], rows_of: Callable[[Record], Sequence[Row]]
) -> Iterator[list[Row]]:
    """Return the rows of some plans at a time: a cohort need not fit into memory."""
    stream = iter(ids)
    while some := list(islice(stream, _PLANS_AT_ONCE)):
        yield [row for i in some for row in rows_of(store.record(i) or {})]


def _write_csv(path: Path, columns: Mapping[str, str], chunks: Iterable[Sequence[Row]]) -> None:
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
        stream.write(BOM + csv_text(list(columns), []))
        for rows in chunks:
            flat = ({name: _flat(row.get(name)) for name in columns} for row in rows)
            stream.write(csv_text(list(columns), flat).partition("\r\n")[2])


def _flat(value: object) -> object:
    return " ".join(f"{number:g}" for number in value) if isinstance(value, list) else value


def _write_parquet(path: Path, columns: Mapping[str, str], chunks: Iterable[Sequence[Row]]) -> None:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    kinds = {
        _TEXTS: pa.string(),
        _NUMBERS: pa.float64(),
        _COUNTS: pa.int64(),
        _TRUTHS: pa.bool_(),
        _LISTS: pa.list_(pa.float32()),
    }
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    with ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in chunks:
            table = {name: [_clean(row.get(name)) for row in rows] for name in columns}
            writer.write_table(pa.table(table, schema=schema))


def _clean(value: object) -> object:
    # A name may hold half of a surrogate pair, which UTF-8 has no bytes for.
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value
