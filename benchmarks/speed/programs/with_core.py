"""CDISC CORE (cdisc-rules-engine): rules in its own format, run one by one over a dataset, as its manual shows."""

import logging
import sys
import warnings
from pathlib import Path

import pandas as pd
from business_rules.engine import run
from cdisc_rules_engine.models.actions import COREActions
from cdisc_rules_engine.models.dataset.pandas_dataset import PandasDataset
from cdisc_rules_engine.models.dataset_variable import DatasetVariable
from cdisc_rules_engine.models.rule import Rule
from cdisc_rules_engine.models.sdtm_dataset_metadata import SDTMDatasetMetadata

sys.path.insert(0, str(Path(__file__).parents[1]))
from checks import CHECKS, CLIENT, FIRST, PROCEDURES, write

warnings.simplefilter("ignore")
logging.disable()
FAILS = {
    "unique": [{"name": "studio_id", "operator": "is_not_unique_set", "value": ["receipt_number"]}],
    "required": [{"name": "practitioner_id", "operator": "empty"}],
    "allowed": [{"name": "procedure", "operator": "is_not_contained_by", "value": list(PROCEDURES)}],
    "pattern": [{"name": "client_id", "operator": "not_matches_regex", "value": CLIENT}],
    "end": [{"name": "ended_at", "operator": "date_less_than", "value": "started_at"}],
    "consent": [{"name": "consent_signed_at", "operator": "date_greater_than", "value": "started_at"}],
    "lot-known": [{"name": "expires_on", "operator": "empty"}],
    "lot-expired": [
        {"name": "expires_on", "operator": "non_empty"},
        {"name": "expires_on", "operator": "date_less_than", "value": "day"},
    ],
}
"""Check → the conditions under which a record fails it."""


def rule(check: str) -> dict[str, object]:
    """A rule in the format of the CDISC library, made ready to run."""
    made = Rule.from_cdisc_metadata(
        {
            "Core": {"Id": check},
            "Sensitivity": "Record",
            "Rule Type": "Record Data",
            "Check": {"all": FAILS[check]},
            "Outcome": {"Message": check, "Output Variables": [CHECKS[check]]},
        }
    )
    return made


folder, out = Path(sys.argv[1]), sys.argv[2]
sessions = pd.read_csv(folder / "sessions.csv", dtype=str, keep_default_na=False)
lots = pd.read_csv(folder / "supply_lots.csv", dtype=str, keep_default_na=False)
lots = lots[["studio_id", "lot_number", "expires_on"]].rename(columns={"lot_number": "needle_lot_number"})
table = sessions.merge(lots, how="left", on=["studio_id", "needle_lot_number"])
table["expires_on"] = table["expires_on"].fillna("")
for name in ("started_at", "ended_at", "consent_signed_at"):
    table[name] = table[name].str.replace(" ", "T", regex=False)
table["day"] = table["started_at"].str[:10]
variable = DatasetVariable(PandasDataset(data=table), column_prefix_map={"--": "SE"})
about = SDTMDatasetMetadata(name="SE", label="Sessions", first_record=table.iloc[0].to_dict())
total, first = {}, {}
for check in FAILS:
    found: list[dict[str, object]] = []
    made = rule(check)
    actions = COREActions(found, variable, about, made)
    run(rule=made, defined_variables=variable, defined_actions=actions)
    errors = [error for each in found for error in each["errors"]]
    if broken := [each for each in found if each["executionStatus"] not in ("success", "issue reported")]:
        raise SystemExit(f"{check}: {broken[0]}")
    total[check] = len(errors)
    first[check] = [(error["row"] + 1, error["value"][CHECKS[check]] or "") for error in errors[:FIRST]]
write(out, len(table), total, first)
