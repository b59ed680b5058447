"""CSV that a person writes for the program, read strictly: every cell with its place, every oddity a mistake."""

from dataclasses import dataclass

from smpcompliance.yamlio import Problem


@dataclass(frozen=True)
class Cell:
    """The text of a cell without outer blanks, and the line and column (from 1) in which it begins."""

    text: str
    line: int
    column: int


def strict_csv(text: str, file: str, problems: list[Problem]) -> list[list[Cell]]:
    """Reads a table (RFC 4180: commas, quotes doubled inside quotes); lines without any text are left out.

    Args:
        file: its name in messages.
        problems: takes up what is wrong with the quotes; a file without any text is a mistake too.
    """
    source = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines: list[list[Cell]] = [[]]
    at, line, begin = 0, 1, 0
    while at <= len(source):
        cell = Cell("", line, at - begin + 1)
        blank = at
        while blank < len(source) and source[blank] in " \t":
            blank += 1
        if source[blank : blank + 1] == '"':
            found, at = _quoted(source, blank)
            if at < 0:
                problems.append(Problem(file, line, blank - begin + 1, "the quote that opens here is never closed"))
                break
            if found.count("\n"):
                line, begin = line + found.count("\n"), source.rindex("\n", 0, at) + 1
            after = _until(source, at)
            if source[at:after].strip():
                problems.append(Problem(file, line, at - begin + 1, "text stands after the closing quote"))
        else:
            after = _until(source, at)
            found = source[at:after]
            if '"' in found:
                said = "a quote inside a cell; put quotes around the cell and write it twice"
                problems.append(Problem(file, line, at + found.index('"') - begin + 1, said))
        lines[-1].append(Cell(" ".join(found.split()), cell.line, cell.column))
        at = after + 1
        if source[after : after + 1] == "\n":
            lines.append([])
            line, begin = line + 1, at
    kept = [cells for cells in lines if any(cell.text for cell in cells)]
    if not kept and not problems:
        problems.append(Problem(file, 1, 1, "the file is empty"))
    return kept


def _quoted(source: str, at: int) -> tuple[str, int]:
    """The text between quotes and the place behind them; the place is -1 where the quote is never closed."""
    begin = at = at + 1
    while (at := source.find('"', at)) >= 0:
        if source[at + 1 : at + 2] != '"':
            return source[begin:at].replace('""', '"'), at + 1
        at += 2
    return "", -1


def _until(source: str, at: int) -> int:
    """The place of the next comma, line end, or the end of the text."""
    ends = [place for sign in ",\n" if (place := source.find(sign, at)) >= 0]
    return min(ends, default=len(source))
