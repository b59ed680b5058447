"""Kind `document`: a valid paper is there all the time."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from smpcompliance.checks.check import Check
from smpcompliance.checks.condition import Conditions, Length
from smpcompliance.checks.document.duty import Chosen, During, Holder, Types, While, column_of_log, with_log_of_holder
from smpcompliance.checks.words import say
from smpcompliance.logs.profile import PROFILE
from smpcompliance.logs.schema import schema


class Document(Check):
    """For each holder (`for`) and each day it is active a paper of `document_type` is in force.

    A paper counts from `valid_from` (blank: `issued_on`) through `expires_on`, unless pending, suspended or revoked.
    A blank start cannot be judged. A blank end is no end where the type has none by law (`ends: false`; the default
    for plans, manuals and other papers nobody grants), else it cannot be judged; `ends: ignored` looks at no end,
    written or not. `max_term` cuts the term; `reviewed` wants the last of start and review not older than that, and
    days before the only known review cannot be judged. `where` and `covers` (content words) say more about the paper;
    `covers_each: sessions.procedure` wants a section for each value found there, judged on the days it was found.
    `holder_where` picks holders.

    Judged are the days of the audit up to the audit day on which holder and studio surely are active; with `while` only
    the days with such a record (with `no_gap` all days from the first to the last of them); with `during` only days
    on which a paper of that type is in force. `before: opened_on` judges one day instead: a paper must have started by
    that day of the holder's. `renew` judges the audit day instead: a paper whose end is nearer than that must show
    `applied_on`. Rooms share the papers of the place they are part of; a studio without any place on its list is its
    only place; a paper without a holder belongs to the only one, or may belong to any.

    A stretch of days with one answer is one thing judged; one finding is one gap. Facts: `from`, `to`, `activity`
    (records in the gap), `document_type`, `covers` (the section that is missing). Its row is the holder's, -1 for a
    studio.
    """

    kind: Literal["document"]
    for_: Holder = Field(alias="for")
    document_type: Types
    where: Conditions = Conditions({})
    holder_where: Chosen | None = None
    reviewed: Length | None = None
    max_term: Length | None = None
    ends: bool | Literal["ignored"] | None = None
    covers: list[str] = []
    covers_each: Annotated[str, AfterValidator(column_of_log)] | None = None
    before: str | None = None
    renew: Length | None = None
    no_gap: bool = False
    while_: While | None = Field(None, alias="while")
    during: During | None = None

    @property
    def log(self) -> str:
        """The log its conditions speak of."""
        return "documents"

    @model_validator(mode="before")
    @classmethod
    def _holders(cls, source: Any) -> Any:
        return with_log_of_holder(source)

    @model_validator(mode="after")
    def _makes_sense(self) -> "Document":
        column = self.before and self.before.rpartition(".")[2]
        known = PROFILE if self.for_ == "studio" else schema(self.for_).columns
        if column and column not in known:
            raise ValueError(f"{self.for_} has no column {column!r}")
        if self.before and (self.renew or self.while_ or self.during or self.covers_each):
            raise ValueError("before judges one day: it goes without renew, while, during and covers_each")
        if self.renew and (self.while_ or self.during or self.covers_each):
            raise ValueError("renew judges the audit day: it goes without while, during and covers_each")
        types = schema("documents").columns["document_type"].one_of
        if unknown := [t for t in (*self.document_type, *(self.during.document_type if self.during else ()))
                       if t not in types]:  # fmt: skip
            raise ValueError(f"there is no document type {unknown[0]!r}; the types are {', '.join(types)}")
        return self

    def logs_needed(self) -> Iterator[str]:
        yield "documents"
        places = self.for_ == "premises" and bool(self.holder_where or self.before)
        if places or self.for_ in ("practitioners", "equipment"):
            yield self.for_
        if self.while_:
            yield self.while_.log
        if self.covers_each:
            yield self.covers_each.partition(".")[0]

    def explain(self) -> str:
        kinds = " or ".join(name.replace("_", " ") for name in self.document_type)
        whose = {"studio": "the studio", "premises": "each place", "practitioners": "each practitioner",
                 "equipment": "each machine"}[self.for_]  # fmt: skip
        if self.holder_where:
            whose += f" with {say.conditions(self.holder_where.where)}"
        more = f" that covers {say.names(self.covers)}" if self.covers else ""
        more += f" with a section for each of {say.names([self.covers_each])}" if self.covers_each else ""
        more += f", reviewed within {self.reviewed}" if self.reviewed else ""
        more += f", counted for at most {self.max_term}" if self.max_term else ""
        if self.renew:
            return f"A {kinds} of {whose} that ends within {self.renew} must show that its renewal was asked for."
        if self.before:
            return f"A {kinds} of {whose}{more} must be there by {say.names([self.before])}."
        when = "every day"
        if self.while_:
            where = f" with {say.conditions(self.while_.where)}" if self.while_.where else ""
            when = f"every day with a record of {say.log(self.while_.log)}{where}"
        if self.during:
            when += f" on which a {' or '.join(self.during.document_type).replace('_', ' ')} is in force"
        return f"A {kinds}{more} must be in force for {whose} on {when}."

    def facts(self) -> Sequence[str]:
        return ("ends", "ask_by") if self.renew else ("from", "to", "activity", "document_type", "covers")
