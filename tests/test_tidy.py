"""What people add to a table that is no record: told by whole cells, said with its lines, and never a record lost."""

import subprocess
import sys
import textwrap
from collections.abc import Sequence

import numpy as np
import pytest

from smpcompliance.logs.arrow import strings
from smpcompliance.logs.cells import UNREAD
from smpcompliance.logs.intake.raw import NUMBER, TEXT, RawTable, Unreadable
from smpcompliance.logs.intake.tables import tidy
from smpcompliance.logs.intake.tables.head_rows import find_head_row, known, plainly_heads, together
from smpcompliance.logs.intake.tables.tidy import HEADS_ONLY, states_nothing, tidied
from smpcompliance.logs.schema import known_heads, normal

HEADS = ("Date", "Lot", "Quantity")


def table(rows: Sequence[Sequence[str]], heads: tuple[str, ...] = HEADS, **more: object) -> RawTable:
    columns = tuple(strings([row[at] for row in rows]) for at in range(len(heads)))
    return RawTable("a.csv", heads, columns, np.arange(2, len(rows) + 2, dtype=np.int64), **more)  # type: ignore[arg-type]


def rows(found: RawTable) -> list[tuple[str, ...]]:
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


def test_a_table_of_records_comes_back_as_it_is() -> None:
    before = table([("2026-03-04", "L1", "3"), ("2026-03-05", "same lot", "4")])
    assert tidied(before) is before


def test_heads_once_more_are_left_out_with_their_lines() -> None:
    found = tidied(table([("1", "L1", "2"), HEADS, ("2", "L2", "3"), HEADS]))
    assert (rows(found), found.lines.tolist()) == ([("1", "L1", "2"), ("2", "L2", "3")], [2, 4])
    assert found.notes == ("lines 3 and 5: the heads once more; not read as a record",)


def test_a_row_that_differs_from_the_heads_in_one_cell_is_a_record() -> None:
    assert tidied(table([("Date", "Lot", "3")])).rows == 1


@pytest.mark.parametrize(
    "word", ["Total", "TOTALS:", "Summe", "Total général", "i alt", "Cyfanswm", "(Total)", '"Grand total"', "- sum -"]
)
def test_rows_of_totals_are_left_out_with_their_lines(word: str) -> None:
    found = tidied(table([("2026-03-04", "L1", "3"), (word, "", "3"), ("", word, "1.234,50 €")]))
    assert (found.rows, found.notes) == (1, ("lines 3 and 4: totals; not read as a record",))


@pytest.mark.parametrize(
    "row",
    [
        ("Total", "L1", "3"),
        ("2026-03-04", "Total", "3"),
        ("Total", "04.03.2026", "3"),
        ("Total", "20260304", ""),
        ("Totally", "", "3"),
        ("Total 5", "", "3"),
        ("Sum of it", "", "3"),
        ("3", "total", ""),
    ],
)
def test_what_may_be_a_record_is_no_total(row: tuple[str, ...]) -> None:
    assert rows(tidied(table([row]))) == [row]


def test_a_total_in_a_table_of_one_column_may_be_a_record() -> None:
    assert tidied(table([("Total",)], ("Lot",))).rows == 1


@pytest.mark.parametrize("mark", ['"', "''", "”", "〃", "ditto", "Do.", "idem", "id.", "same", '" "', '- " -', "″"])
def test_ditto_marks_take_the_cell_above(mark: str) -> None:
    found = tidied(table([("1", "L1", "2"), ("2", mark, "3"), ("3", mark, "4"), ("4", "L2", ""), ("5", mark, "")]))
    assert found.columns[1].to_pylist() == ["L1", "L1", "L1", "L2", "L2"]
    assert found.notes == ("ditto marks under 'Lot' were read as the cell above: 3 (lines 3, 4 and 6)",)


@pytest.mark.parametrize("text", ["'", "same lot", "do", "id", "-", '12"', "idem ditto", "--"])
def test_other_cells_are_no_ditto_marks(text: str) -> None:
    assert tidied(table([("1", "L1", "2"), ("2", text, "3")])).columns[1][1].as_py() == text


def test_a_ditto_mark_with_nothing_above_is_reported_and_unread() -> None:
    found = tidied(table([("1", '"', "2"), ("2", "", "2"), ("3", '"', "3")]))
    assert found.columns[1].to_pylist() == [UNREAD, "", UNREAD]
    assert [(m.line, m.column, m.text) for m in found.misfits] == [(2, "Lot", '"'), (4, "Lot", '"')]
    assert "write the value itself" in found.misfits[0].reason


def test_a_ditto_mark_below_a_line_that_was_left_out_is_reported() -> None:
    left_out = Unreadable("a.csv", 3, None, "…", "has 2 cells, the heads name 3")
    before = table([("1", "L1", "2"), ("3", '"', "3")], misfits=(left_out,))
    found = tidied(RawTable("a.csv", HEADS, before.columns, np.array([2, 4]), misfits=(left_out,)))
    assert found.columns[1].to_pylist() == ["L1", UNREAD]
    assert [m.line for m in found.misfits] == [3, 4]


def test_a_ditto_mark_takes_what_the_workbook_holds_above_too() -> None:
    kinds = tuple(np.array([NUMBER, TEXT], np.uint8) for _ in HEADS)
    found = tidied(table([("1", "7", "2"), ("2", '"', "3")], native=kinds))
    assert [kind.tolist() for kind in found.native] == [[NUMBER, TEXT], [NUMBER, NUMBER], [NUMBER, TEXT]]


def test_the_example_of_the_blank_log_is_left_out_and_states_nothing() -> None:
    found = tidied(table([("(example)", "L1", "3")]))
    assert found.rows == 0 and states_nothing(found)
    assert found.notes[0] == "line 2: the example of the blank log; not read as a record"
    found = tidied(table([("(Example)", "L1", "3"), ("2026-03-04", "L2", "1")]))
    assert (found.lines.tolist(), states_nothing(found)) == ([3], False)


@pytest.mark.parametrize("word", ["none", "Nothing to record.", "NIL"])
@pytest.mark.parametrize("alone", [True, False])
def test_the_word_none_alone_states_that_there_is_nothing(word: str, alone: bool) -> None:
    found = tidied(table([(word, "", "")]), alone)
    assert (found.rows, states_nothing(found)) == (0, False)
    assert found.notes == ("line 2: states that there is nothing to record",)


def test_none_among_records_or_beside_other_cells_is_a_record() -> None:
    assert tidied(table([("none", "", ""), ("1", "L1", "2")])).rows == 2
    assert tidied(table([("none", "L1", "")])).rows == 1


def test_heads_alone_state_zero_records_in_a_file_of_one_table_only() -> None:
    assert not states_nothing(tidied(table([])))
    assert tidied(table([]), alone=False).notes == (HEADS_ONLY,)
    assert states_nothing(tidied(table([]), alone=False))
    assert states_nothing(tidied(table([HEADS])))


def test_a_cell_beyond_all_measure_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidy, "LONGEST_CELL", 10)
    found = tidied(table([("1", "x" * 11, "2"), ("2", "y" * 10, "3")]))
    assert found.columns[1].to_pylist() == [UNREAD, "y" * 10]
    assert [(m.line, m.column, m.text) for m in found.misfits] == [(2, "Lot", "")]
    assert "holds 11 bytes" in found.misfits[0].reason


def test_many_lines_are_counted_and_not_all_named() -> None:
    found = tidied(table([("1", "L1", "2"), *[HEADS] * 9]))
    assert found.notes[0].startswith("lines 3, 4, 5, 6, 7, 8 and 3 more: ")


def test_heads_are_known_by_half_of_their_cells() -> None:
    assert plainly_heads(("Date", "", "Lot number", "Our own word", "Their own word"))
    assert not plainly_heads(("Date", "own", "words", "only", "Lot"))
    assert not plainly_heads(("Date",))
    assert not plainly_heads(("2026-03-04", "L1", "3"))


def test_titles_above_known_heads_are_passed_over() -> None:
    found = find_head_row([("Autoclave Log March 2026",), ("Month/Year:", "March 2026"), HEADS, ("1", "2", "3")])
    assert (found.row, found.names, found.label_row) == (2, HEADS, None)


def test_records_below_unknown_heads_are_never_passed_over() -> None:
    found = find_head_row([("Foo", "Bar", "Baz"), ("1", "2", "3"), HEADS])
    assert (found.row, found.names) == (0, ("Foo", "Bar", "Baz"))


def test_a_title_above_unknown_heads_is_passed_over_by_its_shape() -> None:
    assert find_head_row([("My book", "", ""), ("Foo", "Bar", "Baz"), ("1", "2", "3")]).row == 1
    assert find_head_row([("My book", "", ""), ("1", "2", "3"), ("1", "2", "3")]).row == 0


def test_labels_over_equal_heads_become_part_of_them() -> None:
    found = find_head_row([("", "", "Needle", "", "Ink", ""), ("Date", "Client", "Lot", "Expiry", "Lot", "Expiry")])
    assert found.names == ("Date", "Client", "Needle Lot", "Needle Expiry", "Ink Lot", "Ink Expiry")
    assert (found.row, found.label_row) == (1, 0)


def test_heads_that_stand_on_two_rows_are_put_together() -> None:
    upper = ("Date", "Client", "Needle", "", "Ink", "")
    for lower in (("", "", "Lot", "Expiry", "Lot", "Expiry"), ("Date", "Client", "Lot", "Expiry", "Lot", "Expiry")):
        found = find_head_row([upper, lower, ("1", "2", "3", "4", "5", "6")])
        assert found.names == ("Date", "Client", "Needle Lot", "Needle Expiry", "Ink Lot", "Ink Expiry")
        assert (found.row, found.label_row) == (1, 0)


def test_a_label_over_heads_that_are_known_and_told_apart_changes_nothing() -> None:
    assert together(("", "General", ""), ("Date", "Client", "Result")) == ("Date", "Client", "Result")


def test_tidying_does_not_import_pandas() -> None:
    program = """
        import sys
        import numpy as np
        from smpcompliance.logs.arrow import strings
        from smpcompliance.logs.intake.raw import RawTable
        from smpcompliance.logs.intake.tables.tidy import tidied
        rows = [("1", "L1"), ("Date", "Lot"), ("2", '"'), ("Total", "3")]
        columns = tuple(strings([row[at] for row in rows]) for at in (0, 1))
        found = tidied(RawTable("a.csv", ("Date", "Lot"), columns, np.arange(4)))
        sys.exit(found.rows != 2 or "pandas" in sys.modules)
    """
    assert subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False).returncode == 0


@pytest.mark.parametrize("marked", ["{}", " {}:", "({})", '"{}"', "{} *", "\u201c{}\u201d", "{} 2", "my {}", "{}s"])
def test_known_heads_are_told_as_quickly_as_by_their_normal_form(marked: str) -> None:
    for head in sorted(known_heads())[::40]:
        for cell in (marked.format(head), marked.format(head.upper()), marked.format(head.replace(" ", "_"))):
            assert known(cell) == (normal(cell) in known_heads())
