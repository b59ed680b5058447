"""The eight checks that every program does, and the form in which it writes what it found.

A program is called with a folder (`sessions.csv`, `supply_lots.csv`, `studios.csv`) and a file to write:

    {"rows": 1000, "total": {"required": 3, …}, "first": {"required": [[17, ""], …]}, "unit": "records", "told": []}

`rows` are the sessions it saw, `total` is exact, `first` are up to `FIRST` findings of each check with the line in
`sessions.csv` (the head is line 1) and the cell that failed. `unit` says what is counted of repeated numbers: all
`records` that share one, the `repeats` behind the first of them, or the numbers (`ids`). `told` are the lines of which
the program itself said that it could not read them. A check that a program cannot do is left out.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

FIRST = 1000
PROCEDURES = ("tattoo", "permanent_cosmetics", "scalp_micropigmentation", "microblading")
CLIENT = r"^C-[0-9]{5}$"
CHECKS = {
    "unique": "receipt_number",
    "required": "practitioner_id",
    "allowed": "procedure",
    "pattern": "client_id",
    "end": "ended_at",
    "consent": "consent_signed_at",
    "lot-known": "needle_lot_number",
    "lot-expired": "needle_lot_number",
}
"""Check → the column whose cell is shown: a receipt number is given once per studio; a practitioner is named; the
procedure is one of `PROCEDURES`; the client's number has the form `CLIENT`; the end is not before the start; the
consent is not after it; the lot is one of the studio's; a known lot is not past its date on the day of the session."""


def write(
    file: str,
    rows: int,
    total: Mapping[str, int],
    first: Mapping[str, Iterable[tuple[int, str]]],
    unit: str = "records",
    told: Sequence[int] = (),
    ids: int | None = None,
) -> None:
    """Writes what a program found; `ids` are the numbers that stand more than once, which only the plain loop says."""
    listed = {check: [[int(line), str(text)] for line, text in found] for check, found in first.items()}
    counted = {check: int(count) for check, count in total.items()}
    found = {"rows": rows, "total": counted, "first": listed, "unit": unit, "told": list(told), "ids": ids}
    Path(file).write_text(json.dumps(found), "utf-8")
