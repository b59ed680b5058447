"""pointblank on polars: a validation plan, interrogated with extracts of the failing rows; no HTML report is made."""

import sys
from pathlib import Path

import pointblank as pb
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))
from checks import CHECKS, CLIENT, FIRST, PROCEDURES, write

folder, out = Path(sys.argv[1]), sys.argv[2]
moment = pl.col("started_at", "ended_at", "consent_signed_at").str.to_datetime("%Y-%m-%d %H:%M")
sessions = pl.scan_csv(folder / "sessions.csv", infer_schema=False)
lots = pl.scan_csv(folder / "supply_lots.csv", infer_schema=False).select(
    "studio_id", pl.col("lot_number").alias("needle_lot_number"), pl.col("expires_on").str.to_date().alias("until")
)
table = (
    sessions.with_columns(moment)
    .with_columns(day=pl.col("started_at").dt.date())
    .join(lots, on=["studio_id", "needle_lot_number"], how="left", maintain_order="left")
    .collect()
)
plan = (
    pb.Validate(table)
    .rows_distinct(["studio_id", "receipt_number"])
    .col_vals_not_null("practitioner_id")
    .col_vals_in_set("procedure", PROCEDURES)
    .col_vals_regex("client_id", CLIENT)
    .col_vals_ge("ended_at", pb.col("started_at"))
    .col_vals_le("consent_signed_at", pb.col("started_at"))
    .col_vals_not_null("until")
    .col_vals_ge("until", pb.col("day"), na_pass=True)
    .interrogate(get_first_n=FIRST, extract_limit=FIRST)
)
failed, extracts = plan.n_failed(), plan.get_data_extracts()
first = {
    check: extracts[n].select(pl.col("_row_num_") + 1, pl.col(column).cast(pl.String).fill_null(""))
    for n, (check, column) in enumerate(CHECKS.items(), start=1)
}
write(
    out,
    len(table),
    {check: failed[n] for n, check in enumerate(CHECKS, start=1)},
    {check: rows.head(FIRST).iter_rows() for check, rows in first.items()},
)
