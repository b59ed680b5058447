"""dataframely: a schema with column constraints, a primary key and rules; `filter` gives the failing rows."""

import sys
from pathlib import Path

import dataframely as dy
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))
from checks import CHECKS, CLIENT, FIRST, PROCEDURES, write


class Session(dy.Schema):
    line = dy.UInt32()
    studio_id = dy.String(primary_key=True)
    session_id = dy.String()
    practitioner_id = dy.String()
    client_id = dy.String(regex=CLIENT)
    procedure = dy.String(check={"allowed": lambda cell: cell.is_in(PROCEDURES)})
    receipt_number = dy.String(primary_key=True)
    started_at = dy.Datetime()
    ended_at = dy.Datetime()
    consent_signed_at = dy.Datetime()
    needle_lot_number = dy.String()
    station = dy.String()
    until = dy.Date()

    @dy.rule()
    def end(cls) -> pl.Expr:
        return pl.col("ended_at") >= pl.col("started_at")

    @dy.rule()
    def consent(cls) -> pl.Expr:
        return pl.col("consent_signed_at") <= pl.col("started_at")

    @dy.rule()
    def expired(cls) -> pl.Expr:
        return pl.col("until").is_null() | (pl.col("until") >= pl.col("started_at").dt.date())


RULES = {
    "unique": "primary_key",
    "required": "practitioner_id|nullability",
    "allowed": "procedure|check__allowed",
    "pattern": "client_id|regex",
    "end": "end",
    "consent": "consent",
    "lot-known": "until|nullability",
    "lot-expired": "expired",
}
folder, out = Path(sys.argv[1]), sys.argv[2]
moment = pl.col("started_at", "ended_at", "consent_signed_at").str.to_datetime("%Y-%m-%d %H:%M")
sessions = pl.scan_csv(folder / "sessions.csv", infer_schema=False, row_index_name="line", row_index_offset=2)
lots = pl.scan_csv(folder / "supply_lots.csv", infer_schema=False).select(
    "studio_id", pl.col("lot_number").alias("needle_lot_number"), pl.col("expires_on").str.to_date().alias("until")
)
table = (
    sessions.with_columns(moment)
    .join(lots, on=["studio_id", "needle_lot_number"], how="left", maintain_order="left")
    .collect()
)
_, failure = Session.filter(table)
counts, details = failure.counts(), failure.details()
first = {
    check: details.filter(pl.col(rule) == "invalid")
    .select("line", pl.col(CHECKS[check]).cast(pl.String).fill_null(""))
    .head(FIRST)
    for check, rule in RULES.items()
}
write(
    out,
    len(table),
    {check: counts.get(rule, 0) for check, rule in RULES.items()},
    {check: rows.iter_rows() for check, rows in first.items()},
)
