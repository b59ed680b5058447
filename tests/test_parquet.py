"""Parquet: every column as text, every row with its number; what is damaged or too large is refused."""

import io
import random
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet as pq

from smpcompliance.logs.intake.raw import DATE, NUMBER, TEXT, NotReadable, RawTable, SourceFile
from smpcompliance.logs.intake.tables import parquet
from smpcompliance.logs.intake.tables.parquet import read, recognises


def written(columns: dict[str, object], **how: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **how)
    return out.getvalue()


def table(data: bytes) -> RawTable:
    (only,) = read(SourceFile("logs/a.parquet", data))
    return only


def cells(column: object) -> list[str]:
    """What a column is read as, beside one that keeps its blank rows."""
    length = len(column)  # type: ignore[arg-type]
    found = table(written({"Key": [f"k{n}" for n in range(length)], "Value": column}))
    return found.columns[1].to_pylist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        (["a ", None, ""], ["a", "", ""]),
        ([1, None, -3], ["1", "", "-3"]),
        ([134.0, 134.2, None], ["134", "134.2", ""]),
        ([1e20, 1e-7, float("nan")], ["100000000000000000000", "0.0000001", ""]),
        (pa.array([134.2, 0.1, None], pa.float32()), ["134.2", "0.1", ""]),
        ([True, False, None], ["true", "false", ""]),
        ([date(2026, 3, 4), None], ["2026-03-04", ""]),
        ([datetime(2026, 3, 4, 14, 10), None], ["2026-03-04 14:10:00", ""]),
        (
            pa.array([datetime(2026, 7, 4, 12, 10)], pa.timestamp("us", tz="Europe/Berlin")),
            ["2026-07-04 14:10:00+02:00"],
        ),
        ([Decimal("1.50"), None], ["1.50", ""]),
        ([time(14, 10), None], ["14:10:00", ""]),
        ([timedelta(hours=30, minutes=5), None], ["30:05:00", ""]),
        ([["L1", "L2"], [], None], ["L1; L2", "", ""]),
        ([[1, 2], None], ["1; 2", ""]),
        (pa.array(["p", None, "p"]).dictionary_encode(), ["p", "", "p"]),
        ([None, None], ["", ""]),
    ],
)
def test_columns_of_every_type_become_text(column: object, shown: list[str]) -> None:
    assert cells(column) == shown


def test_rows_are_counted_from_one_and_the_heads_stand_on_line_0() -> None:
    found = table(written({"Date\nof": ["1", "", "3"], "Lot": ["L1", None, "L3"], "n": [1, None, 3]}))
    assert (found.heads, found.head_line, found.lines.tolist()) == (("Date of", "Lot", "n"), 0, [1, 3])
    assert found.notes == ("row 2: wholly blank, no record",)
    assert [kind.tolist() for kind in found.native] == [[TEXT, TEXT], [TEXT, TEXT], [NUMBER, NUMBER]]
    assert table(written({"Date": [date(2026, 1, 2), None], "Lot": ["a", "b"]})).native[0].tolist() == [DATE, TEXT]


@pytest.mark.parametrize("column", [[{"a": 1}], [[{"a": 1}]], [b"\xff"]])
def test_a_column_that_no_log_has_is_blank_and_said(column: object) -> None:
    found = table(written({"Lot": ["L1"], "Odd": column}))
    assert found.columns[1].to_pylist() == [""]
    assert [(m.line, m.column) for m in found.misfits] == [(0, "Odd")]
    assert found.notes[0].startswith("the column 'Odd' holds")


def test_ditto_marks_and_totals_are_told_here_too() -> None:
    found = table(written({"Lot": ["L1", '"', "Total"], "n": [1, 2, 3]}))
    assert (found.columns[0].to_pylist(), found.lines.tolist()) == (["L1", "L1"], [1, 2])


def test_a_table_of_no_rows_states_zero_records() -> None:
    found = table(written({"Lot": pa.array([], pa.string()), "n": pa.array([], pa.int64())}))
    assert (found.rows, found.notes) == (0, ())


def test_several_row_groups_are_one_table() -> None:
    found = table(written({"Lot": [f"L{n % 7}" for n in range(100)]}, row_group_size=9))
    assert (found.columns[0].to_pylist(), found.lines[-1]) == ([f"L{n % 7}" for n in range(100)], 100)


def test_a_text_repeated_beyond_all_measure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "LARGEST_UNPACKED", 1 << 20)
    text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(5000, np.int32)), pa.array(["x" * 1000]))
    with pytest.raises(NotReadable, match="Split it"):
        table(written({"Lot": text}))


@pytest.mark.parametrize("data", [b"PAR1", b"PAR1 garbage PAR1", b"PARE", b""])
def test_damage_is_said_kindly(data: bytes) -> None:
    with pytest.raises(NotReadable, match="Export the table anew"):
        table(data)


def test_bytes_changed_are_read_or_refused() -> None:
    whole, draw = written({"Lot": ["L1", "L2"], "n": [1, 2]}), random.Random(3)
    assert recognises(SourceFile("a.csv", whole)) and not recognises(SourceFile("a.parquet", b"Lot"))
    for _ in range(100):
        data = bytearray(whole)
        data[draw.randrange(len(data))] = draw.randrange(256)
        try:
            table(bytes(data))
        except NotReadable as refused:
            assert str(refused).startswith("logs/a.parquet: ")


TEXT_CELL = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=6).map("w{}".format)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TEXT_CELL, st.none() | st.integers(-(10**15), 10**15)), min_size=1, max_size=9))
def test_what_is_written_is_read(rows: list[tuple[str, int | None]]) -> None:
    found = table(written({"Lot": [row[0] for row in rows], "n": pa.array([row[1] for row in rows], pa.int64())}))
    assert found.columns[0].to_pylist() == [row[0] for row in rows]
    assert found.columns[1].to_pylist() == ["" if row[1] is None else str(row[1]) for row in rows]
    assert found.lines.tolist() == list(range(1, len(rows) + 1))
