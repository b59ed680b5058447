"""How a rule names its subjects: their columns, and the register that lists them."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from smpcompliance.checks.check import LogName
from smpcompliance.checks.condition import ColumnPath, Conditions, Strict


def _names(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Columns = Annotated[list[ColumnPath], BeforeValidator(_names)]


class Roster(Strict):
    """The standing log that lists the subjects: `{log: equipment, where: {equipment_type: {enum: [sterilizer]}}}`."""

    log: LogName
    where: Conditions = Conditions({})
