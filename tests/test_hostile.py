"""Bad input: refused or reported with the reason, in bounded time and memory, and the other files are still read."""

import io
import json
import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smpcompliance.cli import main
from smpcompliance.logs.intake.folder import FileRead, Reading, find_studios, read_folders
from smpcompliance.logs.intake.places import walk
from smpcompliance.logs.intake.raw import SourceFile
from smpcompliance.logs.intake.tables import workbook_scan
from smpcompliance.logs.schema import LOGS, schema
from smpcompliance.yamlio import SourceError

GOOD = "incident_id,occurred_at\nI1,2026-10-02\n"
SLOWEST = 20.0  # seconds of work, whatever else the machine does
LARGEST = 1500  # MB
PRINTOUT = Path(__file__).parent / "data" / "tuttnauer"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A studio with one good log; at the end the intake has still read it, and quickly."""
    place = tmp_path / "studio"
    place.mkdir()
    (place / "incidents.csv").write_text(GOOD)
    begun = time.process_time()
    yield place
    assert time.process_time() - begun < SLOWEST


def intake(folder: Path) -> tuple[Reading, dict[str, FileRead]]:
    """Reads a studio and looks at every cell; its good log is there whatever else is."""
    reading = read_folders(find_studios([folder]))
    logs = reading.intake.logs
    assert "I1" in [logs.cells("incidents", "incident_id").text(row) for row in range(len(logs.log("incidents")))]
    for log in LOGS:
        for column in schema(log).columns:
            logs.cells(log, column)
    return reading, {file.file: file for file in reading.files}


def problem(folder: Path, name: str) -> str:
    """Why a file of the studio was not used."""
    return intake(folder)[1][name].problem


_MEASURED = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[2]), int(sys.argv[2])))
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
from pathlib import Path
from smpcompliance.logs.intake.folder import find_studios, read_folders
reading = read_folders(find_studios([Path(sys.argv[1])]))
misfits = [place.reason for _, place in reading.intake.misfits]
rows = {log: len(table) for log, table in reading.intake.logs.tables.items()}
print(json.dumps({"files": {f.file: f.problem for f in reading.files}, "misfits": misfits, "rows": rows,
                  "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
"""


def measured(folder: Path) -> dict[str, dict[str, str]]:
    """What a process of its own made of a studio, within its time and memory."""
    run = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(folder), str(int(SLOWEST))], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    said = json.loads(run.stdout)
    assert said["megabytes"] < LARGEST
    assert said["rows"]["incidents"] == 1
    return said


def zipped(path: Path, **files: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            out.writestr(name.replace("__", "."), data)


# Things in a folder that are no files


def test_a_pipe_is_never_opened(folder: Path) -> None:
    os.mkfifo(folder / "sessions.csv")
    assert "a pipe" in problem(folder, "sessions.csv")


def test_a_socket_is_never_opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("sessions.csv")
        assert "a socket" in problem(folder, "sessions.csv")


def test_links_are_not_followed(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere" / "sessions.csv"
    secret.parent.mkdir()
    secret.write_text("session_id\nSECRET\n")
    (folder / "sessions.csv").symlink_to(secret)
    (folder / "more").symlink_to(secret.parent)
    (folder / "loop").symlink_to(folder)
    (folder / "itself.csv").symlink_to("itself.csv")
    (folder / "zero.csv").symlink_to("/dev/zero")
    (folder / "nowhere.csv").symlink_to("/nowhere")
    reading, files = intake(folder)
    for name in ("sessions.csv", "more", "loop", "itself.csv", "zero.csv", "nowhere.csv"):
        assert "links are not followed" in files[name].problem and files[name].is_left_out
    assert len(files) == 7
    assert len(reading.intake.logs.log("sessions")) == 0


def test_the_folder_itself_may_be_reached_by_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    intake(tmp_path / "link")


def test_a_link_beside_the_studios_is_told(folder: Path, tmp_path: Path) -> None:
    (folder / "studio.yaml").write_text("")
    (tmp_path / "other").symlink_to(folder)
    assert "links are not followed" in intake(tmp_path)[1]["other"].problem


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("incidents.csv", path)])
def test_a_studio_yaml_that_is_no_file_is_a_mistake_with_its_place(folder: Path, make: object) -> None:
    make(folder / "studio.yaml")  # type: ignore[operator]
    with pytest.raises(SourceError, match=r"studio\.yaml:1:1: this is a"):
        find_studios([folder])


def test_a_huge_studio_yaml_is_not_read(folder: Path) -> None:
    (folder / "studio.yaml").write_bytes(b"")
    os.truncate(folder / "studio.yaml", 1 << 40)
    with pytest.raises(SourceError, match="at most"):
        find_studios([folder])


@pytest.mark.parametrize("kind", ["pipe", "loop", "long"])
def test_a_path_that_is_no_folder_ends_kindly(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path)
    else:
        path = tmp_path / ("x" * 5000)
    result = CliRunner().invoke(main, ["audit", str(path)])
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr and "internal" not in result.stderr


def test_a_file_too_large_to_read_is_not_read(folder: Path) -> None:
    (folder / "sessions.csv").touch()
    os.truncate(folder / "sessions.csv", 1 << 40)
    said = measured(folder)
    assert "1,099,511,627,776 bytes" in said["files"]["sessions.csv"]


def test_a_file_that_vanishes_meanwhile_is_told(folder: Path) -> None:
    (folder / "sessions.csv").write_text("session_id\nS1\n")
    reading = read_folders(find_studios([folder]), lambda name: (folder / "sessions.csv").unlink(missing_ok=True))
    files = {file.file: file for file in reading.files}
    assert "cannot be read" in files["sessions.csv"].problem
    assert files["incidents.csv"].rows == 1


def test_what_may_not_be_read_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "sessions.csv").write_text("session_id\nS1\n")
    (folder / "deep").mkdir()
    (folder / "deep" / "clients.csv").write_text("client_id\nC1\n")
    opening, looking = os.open, os.scandir

    def refusing_open(path: str, *more: int) -> int:
        if str(path).endswith("sessions.csv"):
            raise PermissionError(13, "Permission denied")
        return opening(path, *more)

    def refusing_look(path: str) -> object:
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied")
        return looking(path)

    monkeypatch.setattr(walk.os, "open", refusing_open)
    monkeypatch.setattr(walk.os, "scandir", refusing_look)
    files = intake(folder)[1]
    assert files["sessions.csv"].problem == "it cannot be read (Permission denied)"
    assert "Permission denied" in files["deep/"].problem


def test_a_name_that_is_not_utf_8_is_shown_clean(folder: Path) -> None:
    with open(os.fsencode(folder) + b"/caf\xe9\x1b[31m.csv", "w") as file:
        file.write("a,b\n")
    assert "no log is called" in problem(folder, "caf\\xe9\\x1b[31m.csv")
    for command in (["audit", "--report", "json=-"], ["audit"], ["doctor"]):
        result = CliRunner().invoke(main, [*command, str(folder), "--jurisdiction", "US-CA"])
        assert "\x1b" not in result.stdout + result.stderr
        assert result.exit_code != 4


def test_folders_without_end_are_not_followed_to_the_end(folder: Path) -> None:
    here = os.open(folder, os.O_RDONLY)
    for _ in range(100):
        os.mkdir("deeper", dir_fd=here)
        below = os.open("deeper", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    reading = intake(folder)[0]
    assert [file.problem for file in reading.files if file.is_left_out] == [
        f"it lies deeper than {walk.DEEPEST} folders; nothing of it is read"
    ]


def test_a_folder_of_too_many_files_is_not_read_and_the_next_studio_is(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "studio.yaml").touch()
    (tmp_path / "big").mkdir()
    for name in ("studio.yaml", *(f"{n}.csv" for n in range(50))):
        (tmp_path / "big" / name).touch()
    monkeypatch.setattr(walk, "MOST_FILES", 40)
    assert "more than 40 files" in problem(tmp_path, ".")


def test_two_files_whose_names_differ_by_case_are_both_read(folder: Path) -> None:
    (folder / "clients.csv").write_text("client_id\nC1\n")
    (folder / "Clients.CSV").write_text("client_id\nC2\n")
    if len(os.listdir(folder)) < 3:
        pytest.skip("this disc holds small and capital letters for the same")
    reading = intake(folder)[0]
    assert len(reading.intake.logs.log("clients")) == 2
    assert any("2 files are one log" in text for _, _, text in reading.intake.remarks)


# Files that are not what they say


@pytest.mark.parametrize(
    "name", ["sessions.csv", "sessions.tsv", "cycle.txt", "book.xlsx", "book.ods", "usb.zip", "a.json"]
)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 4096,
        b"PK\x03\x04" + b"\0" * 100,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 2000,
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        b"\xff\xfe\x00\xd8",
        b"\x89PNG\r\n\x1a\n",
        b"\x1f\x8b\x08\0\0\0\0\0",
        b"<!DOCTYPE html><html><body><table><tr><td>session_id</td></tr></table></body></html>",
        b'{"unfinished": [',
        b"[" * 100_000,
    ],
    ids=["empty", "nul", "zip", "password", "pdf", "utf16", "png", "gzip", "html", "json", "brackets"],
)
def test_a_file_that_is_something_else_is_told(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)
    assert problem(folder, name)


def test_nuls_behind_the_beginning_are_told_or_kept(folder: Path) -> None:
    lines = "session_id,contents\n" + "".join(f"S{n},plain\n" for n in range(500))
    (folder / "sessions.csv").write_bytes(lines.encode() + b"S900\0,x\nS901,\0\n")
    reading, files = intake(folder)
    assert (
        files["sessions.csv"].problem or len(reading.intake.logs.log("sessions")) + len(reading.intake.misfits) >= 502
    )


def test_a_printout_cut_off_anywhere_is_no_passed_cycle(folder: Path) -> None:
    whole = next(path for path in sorted(PRINTOUT.rglob("*.txt")) if b"Cycle Ended" in path.read_bytes()).read_bytes()
    status = whole.find(b"Status:")
    for number, cut in enumerate(range(20, status, max(1, status // 40))):
        (folder / f"cycle_{number:06}.txt").write_bytes(whole[:cut])
    logs = intake(folder)[0].intake.logs
    results = logs.cells("sterilization_cycles", "result")
    said = [results.text(row) for row in range(len(logs.log("sterilization_cycles")))]
    assert said.count("pass") == 0


@pytest.mark.parametrize("data", [b"", b"\n \n", b"\0\0\0"], ids=["empty", "blank", "nul"])
def test_an_empty_melaview_file_is_no_passed_cycle(folder: Path, data: bytes) -> None:
    (folder / "03_2016").mkdir()
    (folder / "03_2016" / "DAC0100A.PRO").write_bytes(data)
    reading, files = intake(folder)
    logs = reading.intake.logs
    results = logs.cells("sterilization_cycles", "result")
    assert "pass" not in [results.text(at) for at in range(len(logs.log("sterilization_cycles")))]
    assert files["03_2016/DAC0100A.PRO"].problem or reading.intake.misfits


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parent / "data" / "hostile").iterdir()), ids=lambda path: path.name
)
def test_what_a_fuzzer_found_is_told(folder: Path, path: Path) -> None:
    (folder / path.name).write_bytes(path.read_bytes())
    assert problem(folder, path.name)


def test_a_log_none_of_whose_heads_is_known_stops_nothing(folder: Path) -> None:
    (folder / "sessions.csv").write_text("client code,full name\nC1,Ann\nC2,Bo\n")
    reading, files = intake(folder)
    assert files["sessions.csv"].problem or len(reading.intake.logs.log("sessions")) == 2


def test_the_printout_of_an_unknown_device_is_told(folder: Path) -> None:
    text = "ACME STEAM 9000\n===============\nRun no 17\n12:01 start\n12:30 134.2 2.05\n12:34 end OK\n"
    (folder / "run17.txt").write_text(text)
    assert problem(folder, "run17.txt")


# Workbooks

CONTENT_TYPES = """<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"""
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = """<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Type="{relation}/{kind}" Target="{target}"/></Relationships>"""
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook(rows: str, before: str = "") -> bytes:
    """A workbook of one sheet `sessions` with these rows as XML."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", CONTENT_TYPES)
        file.writestr(
            "_rels/.rels", RELATIONS.format(relation=RELATION, kind="officeDocument", target="xl/workbook.xml")
        )
        file.writestr(
            "xl/_rels/workbook.xml.rels",
            RELATIONS.format(relation=RELATION, kind="worksheet", target="worksheets/sheet1.xml"),
        )
        sheet = f'<sheets><sheet name="sessions" sheetId="1" r:id="r1" xmlns:r="{RELATION}"/></sheets>'
        file.writestr("xl/workbook.xml", f"<workbook {MAIN}>{sheet}</workbook>")
        file.writestr(
            "xl/worksheets/sheet1.xml", f"{before}<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"
        )
    return out.getvalue()


def row(number: int, *cells: str) -> str:
    """A row of texts as XML."""
    written = "".join(
        f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{text}</t></is></c>' for at, text in enumerate(cells)
    )
    return f'<row r="{number}">{written}</row>'


HEADS = row(1, "session_id", "started_at")


def test_a_workbook_is_read_as_the_tests_below_make_it(folder: Path) -> None:
    (folder / "book.xlsx").write_bytes(workbook(HEADS + row(2, "S1", "2026-10-02")))
    assert len(intake(folder)[0].intake.logs.log("sessions")) == 1


def test_cells_at_the_far_ends_of_a_sheet_do_not_fill_the_memory(folder: Path) -> None:
    far = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    (folder / "book.xlsx").write_bytes(workbook(HEADS + row(2, "S1", "2026-10-02") + far))
    said = measured(folder)
    assert said["files"]["book.xlsx"] or said["misfits"] or said["rows"]["sessions"] >= 1


def test_a_workbook_that_unpacks_to_a_bomb_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_scan, "LARGEST_UNPACKED", 1 << 20)
    (folder / "book.xlsx").write_bytes(workbook(HEADS + row(2, "S1", "x" * (2 << 20))))
    assert "unpack" in problem(folder, "book.xlsx") or "bytes are read" in problem(folder, "book.xlsx")


def test_a_workbook_that_packs_better_than_any_log_is_not_unpacked(folder: Path) -> None:
    (folder / "book.xlsx").write_bytes(workbook(HEADS + row(2, "S1", "x" * (70 << 20))))
    assert "times as many" in measured(folder)["files"]["book.xlsx"]


def test_entities_of_a_workbook_do_not_grow(folder: Path) -> None:
    names = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 20}">' for n in range(1, 9))
    doctype = f'<!DOCTYPE x [<!ENTITY a0 "boom"><!ENTITY f SYSTEM "file:///etc/passwd">{names}]>'
    (folder / "book.xlsx").write_bytes(workbook(HEADS + row(2, "&a8;", "&f;"), doctype))
    said = measured(folder)
    assert "root:" not in json.dumps(said)


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9, 0.99])
def test_a_workbook_cut_off_is_told(folder: Path, keep: float) -> None:
    whole = workbook(HEADS + row(2, "S1", "2026-10-02"))
    (folder / "book.xlsx").write_bytes(whole[: int(len(whole) * keep)])
    assert problem(folder, "book.xlsx")


def test_formulas_are_not_reckoned_and_their_links_not_followed(folder: Path) -> None:
    formula = (
        '<c r="A2"><f>[1]Sheet1!A1</f></c><c r="B2" t="str"><f>WEBSERVICE("http://a.invalid")</f><v>2026-10-02</v></c>'
    )
    (folder / "book.xlsx").write_bytes(workbook(HEADS + f'<row r="2">{formula}</row>' + row(3, "S2", "2026-10-03")))
    logs = intake(folder)[0].intake.logs
    ids = logs.cells("sessions", "session_id")
    assert "S2" in [ids.text(at) for at in range(len(logs.log("sessions")))]


# Files that grow


def test_a_bomb_in_an_archive_stays_packed(folder: Path) -> None:
    zipped(folder / "usb.zip", sessions__csv=bytes(100 << 20), clients__csv=b"client_id\nC1\n")
    said = measured(folder)
    assert "times as many" in said["files"]["usb.zip/sessions.csv"]
    assert said["files"]["usb.zip/clients.csv"] == ""


def test_a_cell_of_20_megabytes(folder: Path) -> None:
    zipped(folder / "usb.zip", sessions__csv=b"session_id,contents\nS1," + b"x" * (20 << 20) + b"\nS2,y\n")
    said = measured(folder)
    assert said["files"]["usb.zip/sessions.csv"] or said["rows"]["sessions"] == 2


def test_many_lines_in_a_quote_that_is_never_closed(folder: Path) -> None:
    zipped(folder / "usb.zip", sessions__csv=b'session_id,contents\nS1,"' + b"x,\n" * 100_000 + b"\nS2,y\n")
    said = measured(folder)
    assert said["files"]["usb.zip/sessions.csv"] or said["misfits"]


def test_a_million_columns(folder: Path) -> None:
    (folder / "sessions.csv").write_bytes(b"session_id" + b",a" * 1_000_000 + b"\nS1" + b"," * 1_000_000 + b"\n")
    (folder / "clients.csv").write_bytes(b"client_id,name\nC1" + b",a" * 1_000_000 + b"\nC2,\n")
    (folder / "staff.csv").write_bytes(b"practitioner_id,name\nC1,A" + b"," * 1_000_000 + b"\nC2,\n")
    (folder / "premises.csv").write_bytes(b"name" + b"," * 20_000 + b"\nC1" + b"," * 20_000 + b"\n")
    said = measured(folder)
    assert said["files"]["sessions.csv"]
    assert "20001 heads" in said["files"]["premises.csv"]
    assert any("1000001 cells" in reason for reason in said["misfits"])
    assert said["rows"]["practitioners"] == 2


def test_ten_thousand_lines_of_quotes(folder: Path) -> None:
    (folder / "sessions.csv").write_bytes(b"session_id,contents\n" + b'"a,"b\n' * 10_000)
    (folder / "clients.csv").write_bytes(b"client_id,name\n" + b'C1,"\n' * 10_001)
    measured(folder)


def test_records_of_every_width(folder: Path) -> None:
    (folder / "clients.csv").write_bytes(
        b"client_id,name\n" + b"".join(b"C1" + b"," * n + b"x\n" for n in range(3_000))
    )
    said = measured(folder)
    assert len(said["misfits"]) >= 2_999


def test_many_heads_over_many_records_that_do_not_fit(folder: Path) -> None:
    (folder / "clients.csv").write_bytes(b"client_id,name" + b"," * 16_000 + b"\n" + b"C1\n" * 50_000)
    (folder / "staff.csv").write_bytes(b"practitioner_id,name" + b"," * 16_000 + b"\n" + b"P1\n" * 500)
    said = measured(folder)
    assert "50000 records do not fit the 16002 heads" in said["files"]["clients.csv"]
    assert len(said["misfits"]) >= 500


def test_a_list_of_many_things_that_are_no_records(folder: Path) -> None:
    heads = ",".join(f'"h{number}":1' for number in range(5_000))
    (folder / "sessions.json").write_text(f'[{{"session_id":"S1",{heads}}}' + ",\n1" * 200_000 + "]")
    assert "200000 entries" in measured(folder)["files"]["sessions.json"]


def test_two_thousand_small_files(folder: Path) -> None:
    for number in range(2_000):
        (folder / f"note {number}.md").touch()
    assert len(measured(folder)["files"]) == 2_001


# Everything at once, to the end


def test_an_audit_of_a_hostile_folder_ends_with_a_valid_report(folder: Path) -> None:
    (folder / "studio.yaml").write_text("studio_id: one\njurisdiction: US-CA\n")
    os.mkfifo(folder / "sessions.csv")
    (folder / "loop").symlink_to(folder)
    (folder / "clients.csv").write_bytes(b"\0\1\2")
    zipped(folder / "usb.zip", staff__csv=b"practitioner_id\nP1\n", **{"../x__csv": b"a", "a\\b__csv": b"b"})
    how = ["--as-of", "2026-11-10", "--report", "json=-", "--fail-on", "never", "--allow-incomplete"]
    result = CliRunner().invoke(main, ["audit", str(folder), *how])
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    jsonschema.validate(report, json.loads(CliRunner().invoke(main, ["schema", "audit"]).stdout))
    inputs = {each["file"]: each for each in report["inputs"]}
    assert set(inputs) == {
        "sessions.csv", "loop", "clients.csv", "usb.zip", "usb.zip/staff.csv", "usb.zip/../x.csv", "usb.zip/a\\b.csv",
        "incidents.csv", "studio.yaml",
    }  # fmt: skip
    assert {name for name, each in inputs.items() if each["log"]} == {"incidents.csv", "usb.zip/staff.csv"}
    assert all(each["remarks"] for each in inputs.values() if not each["log"])
    assert "not used: sessions.csv: this is a pipe" in result.stderr


_NAMES = st.sampled_from(
    [
        "sessions.csv",
        "sterilization_cycles.tsv",
        "cycle_1.txt",
        "x.zip",
        "book.xlsx",
        "a.json",
        "a.parquet",
        "clients.csv",
    ]
)
_CELLS = st.lists(
    st.sampled_from([b",", b'"', b"\n", b"\r", b";", b"\t", b"\0", b"a", b"1", b"\xe9", b"\xc3\xa9", b" ", b"-"])
)
_HEADS = st.sampled_from(
    [b"", b"session_id,started_at,contents\n", b"cycle_id;result\n", b"Date: ", b"PK\x03\x04", b"\xff\xfe"]
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(_NAMES, _HEADS, st.one_of(st.binary(max_size=400), _CELLS.map(b"".join)))
def test_no_bytes_under_any_name_stop_the_other_log(name: str, heads: bytes, data: bytes) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(name, heads + data)
        file.writestr("incidents.csv", GOOD)
    reading = read_folders(find_studios([SourceFile("stdin", out.getvalue())]))
    logs = reading.intake.logs
    assert len(logs.log("incidents")) == 1
    for log in LOGS:
        for column in schema(log).columns:
            logs.cells(log, column)
    assert all(each.problem or each.log for each in reading.files)
