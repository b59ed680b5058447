"""No tool: the eight checks by hand in pandas."""

import sys
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))
from checks import CHECKS, CLIENT, FIRST, PROCEDURES, write

folder, out = Path(sys.argv[1]), sys.argv[2]
sessions = pd.read_csv(folder / "sessions.csv", dtype=str, keep_default_na=False)
lots = pd.read_csv(folder / "supply_lots.csv", dtype=str, keep_default_na=False)
moments = {
    name: pd.to_datetime(sessions[name], format="%Y-%m-%d %H:%M")
    for name in ("started_at", "ended_at", "consent_signed_at")
}
lots["until"] = pd.to_datetime(lots["expires_on"], format="%Y-%m-%d")
until = sessions[["studio_id", "needle_lot_number"]].merge(
    lots[["studio_id", "lot_number", "until"]],
    how="left",
    left_on=["studio_id", "needle_lot_number"],
    right_on=["studio_id", "lot_number"],
)["until"]
start = moments["started_at"]
bad = {
    "unique": sessions.duplicated(["studio_id", "receipt_number"], keep=False),
    "required": sessions["practitioner_id"] == "",
    "allowed": ~sessions["procedure"].isin(PROCEDURES),
    "pattern": ~sessions["client_id"].str.contains(CLIENT, regex=True),
    "end": moments["ended_at"] < start,
    "consent": moments["consent_signed_at"] > start,
    "lot-known": until.isna(),
    "lot-expired": until < start.dt.normalize(),
}
first = {check: sessions.loc[mask, CHECKS[check]].head(FIRST) for check, mask in bad.items()}
write(
    out,
    len(sessions),
    {check: mask.sum() for check, mask in bad.items()},
    {check: zip(cells.index + 2, cells, strict=True) for check, cells in first.items()},
)
