"""The fields of a studio's profile that a rule may name."""

from typing import Literal, get_args

Instruments = Literal["reusable", "single_use_only"]
INSTRUMENTS: tuple[str, ...] = get_args(Instruments)

PROFILE: dict[str, str] = {
    "studio_id": "text", "name": "text", "jurisdiction": "text", "overlays": "list", "time_zone": "text",
    "holidays": "text", "opened_on": "date", "closed_on": "date", "instruments": "text", "procedures": "list",
    "employees_peak": "number", "minors_admitted": "flag", "makes_ink": "flag", "industry_code": "text",
    "records_on_site": "list", "safety_code": "text", "shelf_life_mode": "text",
}  # fmt: skip
"""Fields of the profile that a rule may name as `studio.<field>`, with their type."""
