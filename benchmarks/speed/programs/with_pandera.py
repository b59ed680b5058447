"""pandera on pandas: a schema with column checks, joint uniqueness and checks of the whole table, judged lazily."""

import sys
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

sys.path.insert(0, str(Path(__file__).parents[1]))
from checks import CHECKS, CLIENT, FIRST, PROCEDURES, write

folder, out = Path(sys.argv[1]), sys.argv[2]
MOMENTS = ["started_at", "ended_at", "consent_signed_at"]
sessions = pd.read_csv(
    folder / "sessions.csv",
    dtype=str,
    keep_default_na=False,
    na_values=[""],
    parse_dates=MOMENTS,
    date_format="%Y-%m-%d %H:%M",
)
lots = pd.read_csv(folder / "supply_lots.csv", dtype=str, parse_dates=["expires_on"], date_format="%Y-%m-%d")
lots = lots[["studio_id", "lot_number", "expires_on"]].rename(columns={"lot_number": "needle_lot_number"})
table = sessions.merge(lots, how="left", on=["studio_id", "needle_lot_number"])
schema = pa.DataFrameSchema(
    {
        "practitioner_id": pa.Column(str),
        "client_id": pa.Column(str, pa.Check.str_matches(CLIENT)),
        "procedure": pa.Column(str, pa.Check.isin(PROCEDURES)),
        "expires_on": pa.Column("datetime64[us]"),
    },
    checks=[
        pa.Check(lambda t: t["ended_at"] >= t["started_at"], name="end", ignore_na=False),
        pa.Check(lambda t: t["consent_signed_at"] <= t["started_at"], name="consent", ignore_na=False),
        pa.Check(
            lambda t: t["expires_on"].isna() | (t["expires_on"] >= t["started_at"].dt.normalize()),
            name="lot-expired",
            ignore_na=False,
        ),
    ],
    unique=["studio_id", "receipt_number"],
    report_duplicates="all",
)
SAID = {
    "multiple_fields_uniqueness": "unique",
    "str_matches": "pattern",
    "isin": "allowed",
    "end": "end",
    "consent": "consent",
    "lot-expired": "lot-expired",
}
NULLS = {"practitioner_id": "required", "expires_on": "lot-known"}
rows: dict[str, list[int]] = {check: [] for check in CHECKS}
try:
    schema.validate(table, lazy=True)
except pa.errors.SchemaErrors as errors:
    for (check, column), cases in errors.failure_cases.groupby(["check", "column"], dropna=False):
        name = NULLS.get(column) if check == "not_nullable" else SAID.get(check.partition("(")[0])
        if name is None:
            raise SystemExit(repr((check, column))) from None
        rows[name] = sorted({*rows[name], *(int(row) for row in cases["index"])})
first = {check: sessions.loc[found[:FIRST], CHECKS[check]].fillna("") for check, found in rows.items()}
write(
    out,
    len(table),
    {check: len(found) for check, found in rows.items()},
    {check: zip(cells.index + 2, cells, strict=True) for check, cells in first.items()},
)
