"""The findings as a table for spreadsheets: nothing missing, nothing cut, nothing that runs."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from law import contents_rule
from sample_audit import ASK, sample

from smpcompliance.audit.finding import Audit
from smpcompliance.report.csv import COLUMNS, guarded, plain, report
from smpcompliance.report.untrusted import clean

DANGEROUS = "=+-@\uff1d\uff0b\uff0d\uff20\t\r"


def rows(found: Audit) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report(found).decode("utf-8-sig"), newline="")))


def test_every_breach_and_everything_not_judged_has_a_row(tmp_path: Path) -> None:
    said = rows(sample(tmp_path))
    about = [(r["rule"], r["status"], r["line"]) for r in said if r["rule"] != "US-XX/advice"]
    assert about == [
        ("US-XX/asked", "not-checked", ""), ("US-XX/contents", "fail", "3"), ("US-XX/contents", "unknown", "4"),
        ("US-XX/contents", "unknown", "5"), ("US-XX/other", "not-checked", ""),
    ]  # fmt: skip


def test_a_breach_says_what_where_by_which_law_and_what_to_do(tmp_path: Path) -> None:
    (row,) = [r for r in rows(sample(tmp_path)) if (r["rule"], r["status"]) == ("US-XX/contents", "fail")]
    assert tuple(row) == COLUMNS
    assert (
        row["studio_id"] == "s1" and row["severity"] == "major" and row["citation"] == "s. 1" and row["basis"] == "text"
    )
    assert row["message"] == "Load B has no contents." and row["remedy"] == "Write down what was in it."
    assert (row["file"], row["sheet"], row["column"]) == ("sterilization_cycles.csv", "", "contents")
    assert row["log"] == "sterilization_cycles" and row["record"] == "cycle_id=B" and row["facts"] == "columns=contents"
    assert len(row["fingerprint"]) == 16 and row["reason"] == ""


def test_what_was_not_judged_has_a_reason_and_no_claim(tmp_path: Path) -> None:
    found = [r for r in rows(sample(tmp_path)) if r["status"] != "fail"]
    assert found and all(r["reason"] and not r["message"] for r in found)
    assert {r["reason"] for r in found if r["rule"] == "US-XX/other"} == {"a log it needs was not handed in"}


def test_a_question_for_the_visit_has_a_row_without_a_file(tmp_path: Path) -> None:
    (row,) = rows(sample(tmp_path, asked=ASK))
    assert (row["status"], row["file"], row["reason"]) == (
        "not-checked", "", "a question for the visit; no record answers it",
    )  # fmt: skip


def test_it_is_never_cut(tmp_path: Path) -> None:
    loads = "".join(f"B{n},load,2026-10-02T09:00,,pass\n" for n in range(1200))
    said = rows(sample(tmp_path, loads=loads, contents=contents_rule()))
    assert [r["record"] for r in said] == [f"cycle_id=B{n}" for n in range(1200)]


def test_a_long_text_is_whole() -> None:
    assert guarded("x" * 40_000) == "x" * 40_000


def test_excel_pandas_and_the_csv_module_read_it(tmp_path: Path) -> None:
    data = report(sample(tmp_path, name="Студия"))
    assert data.startswith(b"\xef\xbb\xbfstudio_id,")
    assert data.count(b"\n") == data.count(b"\r\n") == len(rows(sample(tmp_path / "again", name="Студия"))) + 1
    table = pd.read_csv(io.BytesIO(data))
    assert tuple(table.columns) == COLUMNS
    assert table["line"].dropna().tolist() == [3, 4, 5] * 2


def test_the_same_audit_gives_the_same_bytes(tmp_path: Path) -> None:
    assert report(sample(tmp_path / "1")) == report(sample(tmp_path / "2"))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x")', " =1", '"=1', "'=1", "\" '=1",
        "\uff1d1+1", "\uff0b1", "\uff0dx", "\uff20x", "\u2212x", "-2-3", "+49 170 1", "--1", "-", "a;=1", "a; '=1", "“=1", "\xa0=1",
    ],
)  # fmt: skip
def test_a_formula_gets_an_apostrophe_that_can_be_taken_off(text: str) -> None:
    cell = guarded(text)
    assert cell.count("'") == clean(text).count("'") + 1
    assert plain(cell) == clean(text)
    for part in cell.split(";"):
        assert not part.lstrip(' "“').startswith(tuple(DANGEROUS))


@pytest.mark.parametrize("text", ["\t=1", "\r=1", "\n=1", "\r\n+1"])
def test_a_formula_behind_a_line_end_or_tab_is_seen(text: str) -> None:
    assert guarded(text) == "'" + " " + text[-2:]


@pytest.mark.parametrize(
    "text", ["-5", "-121.5", "+3", "0", "12", "a-b", "x=1", "name@example.org", "C-031", "", "– none"]
)
def test_numbers_and_plain_words_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text


def test_what_is_hidden_is_written_out() -> None:
    assert guarded("a\u202eb\x00") == "a[U+202E]b[U+0000]"


@given(st.text(alphabet=st.sampled_from(list("=+-@;'\" a1.\uff1d\t\r\n")), max_size=12))
def test_no_cell_begins_like_a_formula_and_every_text_comes_back(text: str) -> None:
    cell = guarded(text)
    assert plain(cell) == clean(text)
    for part in cell.split(";"):
        begins = part.lstrip(' "')
        assert not begins.startswith(tuple("=+-@\uff1d")) or float(cell) is not None


def test_a_hostile_log_gives_no_formula_and_no_second_row(tmp_path: Path) -> None:
    loads = '"=cmd|\' /C calc\'!A0",load,2026-10-02T09:00,,pass\n"a\n=2,b",load,2026-10-02T09:00,,pass\n'
    said = rows(sample(tmp_path, loads=loads, contents=contents_rule()))
    assert len(said) == 2
    assert said[0]["message"].startswith("Load =cmd") and said[0]["record"].startswith("cycle_id==cmd")
    assert not [c for r in said for c in r.values() if c.startswith(tuple(DANGEROUS))]
