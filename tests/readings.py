"""Reading small files in tests: a studio's folder made of texts, and cells and rows of what was read."""

from pathlib import Path

from smpcompliance.logs.intake.folder import Reading, find_studios, read_folders
from smpcompliance.logs.intake.raw import RawTable


def read(folder: Path, yaml: str = "", **files: str) -> Reading:
    """Reads a studio whose folder holds these CSV files, named without their ending, and perhaps a studio.yaml."""
    folder = folder / "s"
    folder.mkdir()
    if yaml:
        (folder / "studio.yaml").write_text(yaml, "utf-8")
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    return read_folders(find_studios([folder]))


def column(reading: Reading, log: str, path: str) -> list[str]:
    """The cells of a column of a log, as text."""
    cells = reading.intake.logs.cells(log, path)
    return [cells.text(row) for row in range(len(reading.intake.logs.log(log)))]


def rows_of(table: RawTable) -> list[dict[str, str]]:
    """The rows of a table by head."""
    columns = [each.to_pylist() for each in table.columns]
    return [dict(zip(table.heads, cells, strict=True)) for cells in zip(*columns, strict=True)]
