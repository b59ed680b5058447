"""Coverage-guided fuzzing of everything that reads files from outside, with atheris (libFuzzer).

    python benchmarks/fuzz_readers.py seeds FOLDER                 collect seeds from tests/data and sample_logs
    python benchmarks/fuzz_readers.py TARGET CORPUS [-max_total_time=60 ...]
    python benchmarks/fuzz_readers.py TARGET crash-file            run one input again

A target is `archive`, `folder` (a whole studio with every column typed), `sheet-of-a-workbook`,
`rows-of-an-opendocument`, or a format of `READERS` in small letters with hyphens (`delimited-text`).

What must hold for every input:

- only `NotReadable` gets out of a reader, nothing gets out of the intake;
- an input of some kilobytes takes less than `SLOWEST` seconds and does not take memory out of proportion;
- nothing is printed;
- tables are whole: columns of one length, no nulls, valid UTF-8, lines that are in the file.

It needs `pip install atheris`, is not installed with the program and is not part of the tests.
"""

import contextlib
import io
import json
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path

import atheris
import openpyxl
import pyarrow
import pyarrow.parquet

with atheris.instrument_imports(include=["smpcompliance"]):
    from smpcompliance.logs.intake.folder import find_studios, read_folders
    from smpcompliance.logs.intake.places import archive
    from smpcompliance.logs.intake.places.refused import Refused
    from smpcompliance.logs.intake.raw import NotReadable, RawTable, SourceFile
    from smpcompliance.logs.intake.readers import READERS, Reader
    from smpcompliance.logs.intake.tables.quoting import physical_lines
    from smpcompliance.logs.schema import LOGS, schema

SLOWEST = 2.0  # seconds; the readers are several times slower while their coverage is watched
MOST_LINES = 1 << 21  # rows of a sheet, and more
ROOT = Path(__file__).parents[1]
NAMES = (
    "sessions.csv", "sterilization_cycles.csv", "cycle_000123.txt", "needle_lots.tsv", "clients.csv", "spore_tests.csv",
    "book.xlsx", "book.ods", "records.json", "records.jsonl", "usb.zip", "cycle.log", "lots.parquet", "supplies.csv",
    "03_2016/DAC0100A.PRO", "DAC01ABC.STR", "040128 28-01-04 08_41_22 22E02-0095 01898 PRION _ 134 .txt", "book.xls",
)  # fmt: skip
"""Names that an input of the target `folder` may have; its first byte chooses."""


def slug(format: str) -> str:
    """The name of a reader's target."""
    return format.lower().replace(" ", "-")


def of_reader(reader: Reader) -> Callable[[bytes], None]:
    """Reads the input by one reader, under every name that makes the reader take it."""

    def target(data: bytes) -> None:
        source = next((s for s in (SourceFile(name, data) for name in NAMES) if reader.recognises(s, ())), None)
        if source is None:
            return
        with contextlib.suppress(NotReadable):
            for table in reader.read(source, ()):
                check(table, source)

    return target


def check(table: RawTable, source: SourceFile) -> None:
    """Whether a table is whole."""
    is_text = not source.data.startswith((b"PK", b"\xd0\xcf\x11\xe0", b"\xff\xfe", b"\xfe\xff", b"PAR1"))
    most = physical_lines(source.data) if is_text else MOST_LINES
    assert table.file == source.name
    assert len(table.heads) == len(table.columns)
    assert all(isinstance(head, str) for head in table.heads)
    for column in table.columns:
        assert len(column) == table.rows and column.null_count == 0
        column.validate(full=True)
    for native in table.native:
        assert len(native) == table.rows
    assert table.lines.dtype == "int64"
    assert 0 <= table.head_line <= max(most, 1)
    if table.rows:
        assert table.lines.min() >= 1 and table.lines.max() <= max(most, 1)
    for misfit in table.misfits:
        assert misfit.reason and 0 <= misfit.line <= max(most, 1), (misfit, most)


def of_archive(data: bytes) -> None:
    """Unpacks an archive; what it gives must be what Python's own reader of ZIP archives gives, where that agrees."""
    source = SourceFile("usb.zip", data)
    archive.is_workbook(source)
    try:
        found = archive.look_into(source)
    except NotReadable:
        return
    total = 0
    for member in found.members:
        read = archive.unpack(found, member, member.name)
        if isinstance(read, Refused):
            assert read.reason
            continue
        total += len(read.data)
        assert len(read.data) == member.size
        parts = member.name.split("/")
        assert not {"", ".", ".."}.intersection(parts) and "\\" not in member.name and "\0" not in member.name
        with contextlib.suppress(Exception), zipfile.ZipFile(io.BytesIO(data)) as other:
            theirs = other.read(member.name)
            if len([1 for info in other.infolist() if info.filename == member.name]) == 1:
                total += 0 if theirs == read.data else archive.LARGEST_ARCHIVE
    assert total <= max(archive.UNSUSPICIOUS, archive.MOST_TIMES * len(data)), (
        "more bytes, or other bytes, than allowed"
    )


def of_folder(data: bytes) -> None:
    """Hands a studio with one file in, and looks at every column of every log."""
    name = NAMES[data[0] % len(NAMES)] if data else NAMES[0]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        out.writestr(zipfile.ZipInfo(name), data[1:])
        out.writestr(zipfile.ZipInfo("incidents.csv"), "incident_id,occurred_at\nI1,2026-01-02\n")
    reading = read_folders(find_studios([SourceFile("studio.zip", packed.getvalue())]))
    logs = reading.intake.logs
    assert len(logs.log("incidents")) >= 1, "the other file was not read"
    assert all(file.problem or file.log for file in reading.files)
    for log in LOGS:
        for column in schema(log).columns:
            cells = logs.cells(log, column)
            assert len(cells.why) == len(logs.log(log))
    for log_ in logs.tables.values():
        for _, place in log_.unreadable():
            assert place.reason and place.line >= 0


def of_sheet(data: bytes) -> None:
    """Reads a workbook whose only sheet has the input between its rows' tags: checksums stop a fuzzer elsewhere."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_book())) as whole, zipfile.ZipFile(packed, "w") as out:
        for name in whole.namelist():
            text = whole.read(name)
            if name == "xl/worksheets/sheet1.xml":
                first, last = text.index(b"<sheetData>") + 11, text.index(b"</sheetData>")
                text = text[:first] + data + text[last:]
            out.writestr(zipfile.ZipInfo(name), text)
    of_reader(next(reader for reader in READERS if slug(reader.format) == "workbook"))(packed.getvalue())


@lru_cache
def _book() -> bytes:
    """A small workbook with a title, heads, numbers, dates, a truth value and formulas."""
    book = openpyxl.Workbook()
    for row in (["Autoclave log"], ["Cycle", "Date", "Temp", "Passed"], [1, date(2026, 3, 4), 134.2, True], ["=A3+1"]):
        book.active.append(row)
    book.create_sheet("spore tests").append(["result", "='[other.xlsx]Sheet1'!A1"])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def of_opendocument(data: bytes) -> None:
    """Reads an OpenDocument spreadsheet with the input as its rows."""
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "calcext")
    )
    start = f'<office:document-content{spaces}><office:body><office:spreadsheet><table:table table:name="log">'
    end = "</table:table></office:spreadsheet></office:body></office:document-content>"
    content = start.encode() + data + end.encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        out.writestr(zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet")
        out.writestr(zipfile.ZipInfo("META-INF/manifest.xml"), "<m/>")
        out.writestr(zipfile.ZipInfo("content.xml"), content)
    of_reader(next(reader for reader in READERS if slug(reader.format) == "workbook"))(packed.getvalue())


TARGETS: dict[str, Callable[[bytes], None]] = {
    **{slug(reader.format): of_reader(reader) for reader in READERS},
    "sheet-of-a-workbook": of_sheet,
    "rows-of-an-opendocument": of_opendocument,
    "archive": of_archive,
    "folder": of_folder,
}


class _Loud(io.TextIOBase):
    """Where nothing may be printed to."""

    def write(self, text: str) -> int:
        raise AssertionError(f"this was printed: {text!r}")


def watched(target: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """A target that also fails when it takes too long or prints."""

    def run(data: bytes) -> None:
        begun = time.perf_counter()
        loud = _Loud()
        with contextlib.redirect_stdout(loud), contextlib.redirect_stderr(loud):
            target(data)
            if time.perf_counter() - begun > SLOWEST:  # the first input also loads what the program knows
                begun = time.perf_counter()
                target(data)
        took = time.perf_counter() - begun
        assert took < SLOWEST, f"{len(data)} bytes took {took:.1f} seconds"

    return run


def seeds() -> Iterator[tuple[str, bytes]]:
    """Every small file that the project has of its own."""
    for place in (ROOT / "tests" / "data", ROOT / "sample_logs"):
        for path in sorted(place.rglob("*")):
            if path.is_file() and path.suffix not in (".py", ".pyc", ".md", ".yaml"):
                yield path.name, path.read_bytes()[:8192]
    table = {"session_id": ["S1", "S2"], "started_at": ["2026-03-04", None], "note": [1.5, 2.0]}
    parquet = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(table), parquet)
    yield "lots.parquet", parquet.getvalue()
    yield "a.json", json.dumps([{"id": 1, "when": "2026-03-04", "more": {"a": [1, None]}}]).encode()
    yield "b.jsonl", b'{"id": 1}\n{"id": 2, "x": true}\n'
    yield "book.xlsx", _book()
    with zipfile.ZipFile(io.BytesIO(_book())) as book:
        yield (
            "sheet.xml",
            book.read("xl/worksheets/sheet1.xml").partition(b"<sheetData>")[2].partition(b"</sheetData>")[0],
        )
    yield "rows.ods.xml", _OPENDOCUMENT_ROWS
    for studio in sorted((ROOT / "sample_logs").iterdir()):
        if studio.is_dir():
            for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                packed = io.BytesIO()
                with zipfile.ZipFile(packed, "w", method) as out:
                    for path in sorted(studio.rglob("*.csv"))[:3]:
                        out.writestr(zipfile.ZipInfo(path.name), path.read_bytes()[:500], method)
                yield f"{studio.name}-{method}.zip", packed.getvalue()


_OPENDOCUMENT_ROWS = b"""<table:table-column table:number-columns-repeated="3"/><table:table-row>
<table:table-cell office:value-type="string" calcext:value-type="string"><text:p>Lot</text:p></table:table-cell>
<table:table-cell table:number-columns-repeated="2"/><table:covered-table-cell/>
<table:table-cell office:value-type="float" office:value="7"><text:p>007</text:p></table:table-cell></table:table-row>
<table:table-row table:visibility="filter" table:number-rows-repeated="2"><table:table-cell office:value-type="boolean"
 office:boolean-value="true" table:number-rows-spanned="2"><text:p>TRUE</text:p></table:table-cell>
<table:table-cell office:value-type="percentage" office:value="0.5"><text:p>50 %</text:p></table:table-cell>
<table:table-cell table:formula="of:=[.A1]"/><table:table-cell office:value-type="string" calcext:value-type="error">
<text:p>#N/A</text:p></table:table-cell><table:table-cell office:value-type="date" office:date-value="2026-03-01">
<text:p>03/26</text:p></table:table-cell></table:table-row>"""


def write_seeds(corpus: Path) -> None:
    """A folder of seeds for each target."""
    readers = {slug(reader.format): reader for reader in READERS}
    for name in TARGETS:
        (corpus / name).mkdir(parents=True, exist_ok=True)
    for number, (name, data) in enumerate(seeds()):
        for target, reader in readers.items():
            if any(reader.recognises(SourceFile(each, data), ()) for each in NAMES):
                (corpus / target / str(number)).write_bytes(data)
        if name.endswith(".xml"):
            target = "rows-of-an-opendocument" if name.endswith(".ods.xml") else "sheet-of-a-workbook"
            (corpus / target / str(number)).write_bytes(data)
        if name.endswith((".zip", ".xlsx")):
            (corpus / "archive" / str(number)).write_bytes(data)
        for first, each in enumerate(NAMES):
            if name.endswith(each[-4:]):
                (corpus / "folder" / f"{number}-{first}").write_bytes(bytes([first]) + data)


def main() -> None:
    """Runs one target, or writes seeds."""
    if len(sys.argv) < 3 or sys.argv[1] not in (*TARGETS, "seeds"):
        sys.exit(f"{__doc__}\nTargets: {', '.join(TARGETS)}")
    name = sys.argv.pop(1)
    if name == "seeds":
        write_seeds(Path(sys.argv[1]))
        return
    atheris.Setup([sys.argv[0], "-timeout=20", "-rss_limit_mb=2500", "-max_len=20000", *sys.argv[1:]],
                  watched(TARGETS[name]))  # fmt: skip
    atheris.Fuzz()


if __name__ == "__main__":
    main()
