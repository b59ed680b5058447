"""Kind `retention`: records reach back, or do not stay, so long."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from smpcompliance.checks.check import Check, LogName
from smpcompliance.checks.condition import ColumnPath, Conditions, Length, Strict
from smpcompliance.checks.words import say
from smpcompliance.logs.schema import LOGS, schema


class Clock(Strict):
    """Where the term starts: at a column, or at the end of the calendar year it lies in (`round: year_end`)."""

    column: ColumnPath
    round: Literal["year_end"] | None = None


def _clock(source: Any) -> Any:
    return {"column": source} if isinstance(source, str) else source


class Retention(Check):
    """The archive on the audit day: records of the last `keep` are there, each with what it `needs`.

    `from` is the column the term starts at (by default the event date), or `{column, round: year_end}`. Judged by the
    law of the audit day; under any other version nothing is judged. A log of events must reach back to the start of
    the term, of the law or of what it records, whichever is latest: it is met when its oldest record lies within one
    usual gap (the largest of the log, at most a month) of that day, breached when another log proves activity before
    that record, else it cannot be judged. With `each` every record whose term runs is judged too: what it `needs` (a
    link, `consent`, or a log whose records point to it, `session_supplies`) is still there, and its planned day of
    deletion is not earlier than the term. Without `each` one such record breaches for the whole log. A log in `needs`
    that was not handed in forbids a pass.

    What `where` leaves out is no gap of the log: activity before the log's oldest record of any sort is what breaches.
    With `each`, `needs` and a `where` the records are what is judged; the log then reaches back as far as its oldest
    record of any sort, and a late start never breaches.

    `on_site` asks only where the records of the last `keep` lie, as the studio declares it (`records_on_site`).
    `at_most` turns the term round: a record older than that must not identify anyone any more, unless a later day of
    deletion is planned; records without a name, contact, birth date or number are not judged.
    One finding is a record, or the log as a whole (row -1); facts: `due` (the day to which the log must reach back, or
    the last day of the record's term) and `why` (what is wrong, in words).
    """

    kind: Literal["retention"]
    log: LogName
    where: Conditions = Conditions({})
    keep: Length
    from_: Annotated[Clock | None, BeforeValidator(_clock)] = Field(None, alias="from")
    each: bool = False
    needs: list[str] = []
    at_most: bool = False
    on_site: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> "Retention":
        if self.at_most and (self.needs or self.on_site):
            raise ValueError("at_most asks what must be gone; it goes without needs and on_site")
        if self.from_ is None and schema(self.log).when is None:
            raise ValueError(f"{self.log} has no event date; say from")
        for name in self.needs:
            if name not in schema(self.log).links and not (name in LOGS and _pointing(name, self.log)):
                raise ValueError(f"{self.log} has no link {name!r}, and no log of that name points to it")
        return self

    def clock(self) -> Clock:
        """Where the term starts."""
        when = schema(self.log).when
        assert self.from_ or when
        return self.from_ or Clock(column=when or "")

    def logs_needed(self) -> Iterator[str]:
        yield self.log
        for name in self.needs:
            yield schema(self.log).links[name][1] if name in schema(self.log).links else name

    def explain(self) -> str:
        what = f"records of {say.log(self.log)}" + (f" with {say.conditions(self.where)}" if self.where else "")
        clock = self.clock()
        since = "the end of the calendar year of " if clock.round else ""
        term = f"{self.keep} from {since}{say.names([clock.column])}"
        if self.at_most:
            return f"On the audit day {what} older than {term} must not identify anyone."
        if self.on_site:
            return f"On the audit day {what} must lie on the premises for {term}."
        needs = f", each with its {say.names(self.needs)}" if self.needs else ""
        return f"On the audit day {what} must be there for {term}{needs}."

    def facts(self) -> Sequence[str]:
        return ("due", "why")


def _pointing(log: str, to: str) -> list[str]:
    return [name for name, (_, target) in schema(log).links.items() if target == to]
