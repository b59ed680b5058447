"""Kind `attest`: only a person can tell."""

from typing import Literal

from smpcompliance.checks.check import Check, LogName
from smpcompliance.checks.condition import ColumnPath, Conditions, Strict


class Show(Strict):
    """Records to print beside the question."""

    log: LogName | None = None
    where: Conditions = Conditions({})
    columns: list[ColumnPath] = []
    inputs: Literal["all"] | None = None


class Attest(Check):
    """A question for the visit, or for the studio to answer; no record meets it. Its status is always «not checked»."""

    kind: Literal["attest"]
    ask: str
    show: Show | None = None

    def explain(self) -> str:
        return f"A question that no record answers: {self.ask}"
