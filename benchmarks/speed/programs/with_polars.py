"""No tool: the eight checks by hand in polars."""

import sys
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))
from checks import CHECKS, CLIENT, FIRST, PROCEDURES, write

folder, out = Path(sys.argv[1]), sys.argv[2]
moments = ("started_at", "ended_at", "consent_signed_at")
sessions = pl.scan_csv(
    folder / "sessions.csv", infer_schema=False, empty_string_is_null=False, row_index_name="line", row_index_offset=2
)
lots = pl.scan_csv(folder / "supply_lots.csv", infer_schema=False).select(
    "studio_id", pl.col("lot_number").alias("needle_lot_number"), pl.col("expires_on").str.to_date().alias("until")
)
start, end, consent = (pl.col(name).str.to_datetime("%Y-%m-%d %H:%M") for name in moments)
bad = {
    "unique": pl.struct("studio_id", "receipt_number").is_duplicated(),
    "required": pl.col("practitioner_id") == "",
    "allowed": ~pl.col("procedure").is_in(PROCEDURES),
    "pattern": ~pl.col("client_id").str.contains(CLIENT),
    "end": end < start,
    "consent": consent > start,
    "lot-known": pl.col("until").is_null(),
    "lot-expired": (pl.col("until") < start.dt.date()).fill_null(False),
}
judged = (
    sessions.join(lots, on=["studio_id", "needle_lot_number"], how="left", maintain_order="left")
    .with_columns(**{f"bad {check}": mask for check, mask in bad.items()})
    .collect()
)
first = {
    check: judged.filter(pl.col(f"bad {check}")).select("line", column).head(FIRST) for check, column in CHECKS.items()
}
write(
    out,
    len(judged),
    {check: judged[f"bad {check}"].sum() for check in CHECKS},
    {check: rows.iter_rows() for check, rows in first.items()},
)
