"""great_expectations on pandas: an ephemeral context, a suite of eight expectations, complete results."""

import sys
from pathlib import Path

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

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
table["day"] = table["started_at"].dt.normalize()
expectations = {
    "unique": gxe.ExpectCompoundColumnsToBeUnique(column_list=["studio_id", "receipt_number"]),
    "required": gxe.ExpectColumnValuesToNotBeNull(column="practitioner_id"),
    "allowed": gxe.ExpectColumnValuesToBeInSet(column="procedure", value_set=list(PROCEDURES)),
    "pattern": gxe.ExpectColumnValuesToMatchRegex(column="client_id", regex=CLIENT),
    "end": gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="ended_at", column_B="started_at", or_equal=True),
    "consent": gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A="started_at", column_B="consent_signed_at", or_equal=True
    ),
    "lot-known": gxe.ExpectColumnValuesToNotBeNull(column="expires_on"),
    "lot-expired": gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A="expires_on", column_B="day", or_equal=True, ignore_row_if="either_value_is_missing"
    ),
}
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
asset = context.data_sources.add_pandas("studios").add_dataframe_asset("sessions")
batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": table})
suite = gx.ExpectationSuite("eight", expectations=list(expectations.values()))
outcome = batch.validate(suite, result_format={"result_format": "COMPLETE", "include_unexpected_rows": False})
if len(outcome.results) != len(expectations):
    raise SystemExit("an expectation is missing in the results")
by_kind = {
    (r.expectation_config.type, str(sorted(r.expectation_config.kwargs.items(), key=str))): r for r in outcome.results
}
rows = {}
for check, expectation in expectations.items():
    wanted = expectation.configuration
    found = next(
        r
        for (kind, _), r in by_kind.items()
        if kind == wanted.type
        and all(r.expectation_config.kwargs.get(k) == v for k, v in wanted.kwargs.items() if k != "batch_id")
    )
    if found.exception_info.get("raised_exception"):
        raise SystemExit(f"{check}: {found.exception_info}")
    rows[check] = found.result["unexpected_index_list"] or []
first = {check: sessions.loc[found[:FIRST], CHECKS[check]] for check, found in rows.items()}
write(
    out,
    len(table),
    {check: len(found) for check, found in rows.items()},
    {check: [(n + 2, "" if pd.isna(cell) else cell) for n, cell in cells.items()] for check, cells in first.items()},
)
