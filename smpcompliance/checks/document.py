"""Kind `document`: a valid paper is there all the time."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from smpcompliance.checks.base import Check, LogName
from smpcompliance.checks.condition import ColumnPath, Conditions, Length, Strict

Holder = Literal["studio", "premises", "practitioners", "equipment"]
Types = Annotated[list[str], BeforeValidator(lambda v: [v] if isinstance(v, str) else v), Field(min_length=1)]


class While(Strict):
    """The records whose days are judged."""

    log: LogName
    where: Conditions = Conditions({})


class During(Strict):
    """The papers whose days are judged."""

    document_type: Types
    where: Conditions = Conditions({})


class Document(Check):
    kind: Literal["document"]
    for_: Holder = Field(alias="for")
    document_type: Types
    where: Conditions = Conditions({})
    holder_where: Conditions = Conditions({})
    reviewed: Length | None = None
    max_term: Length | None = None
    ends: bool | None = None
    covers: list[str] = []
    covers_each: ColumnPath | None = None
    before: ColumnPath | None = None
    renew: Length | None = None
    no_gap: bool = False
    while_: While | None = Field(None, alias="while")
    during: During | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> "Document":
        if self.before and (self.renew or self.while_ or self.during or self.covers_each):
            raise ValueError("before judges one day: it goes without renew, while, during and covers_each")
        if self.renew and (self.while_ or self.during or self.covers_each):
            raise ValueError("renew judges the audit day: it goes without while, during and covers_each")
        return self
