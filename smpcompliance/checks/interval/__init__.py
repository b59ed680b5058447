"""Kind `interval`: this must happen again and again."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from smpcompliance.checks.check import Check, LogName
from smpcompliance.checks.condition import ColumnPath, Conditions, Length, Strict
from smpcompliance.checks.roster import Columns, Roster
from smpcompliance.checks.words import say
from smpcompliance.days import Duration
from smpcompliance.logs.schema import link_name


class While(Strict):
    """The records that make the thing due: loads of that machine, sessions of that person.

    `per` names their subject columns where these are called otherwise than in the log itself.
    """

    log: LogName
    where: Conditions = Conditions({})
    per: Columns | None = None
    when: ColumnPath | None = None


class Uses(Strict):
    """A stretch counted in records of `while`: `{records: 50}`."""

    records: Annotated[int, Field(ge=1)]


class Own(Strict):
    """A length that each subject states itself: `{column: equipment.service_interval}`."""

    column: ColumnPath


class Interval(Check):
    """For each subject (`per`) in service, a record of `log` in `where` in every stretch of `every`.

    `reckon: gap` judges the time from one record to the next (from the start of service to the first, from the last to
    the end of what is judged); `calendar` each day, week from Monday, month, quarter, half-year or year whose last day
    is judged; `fit` each record of `while`: the last record before it is not older than `every`. `every` is a length,
    `{records: 50}` of `while`, or `{column: equipment.service_interval}`, a length that each subject states.

    Subjects are those that `log` and `while` name, and those of `subjects`, the register that lists them; one that the
    register surely leaves out is not judged. Idle stretches (no record of `while`) are `excused`, or due `before_use`
    (only a use that comes before the next record breaches), or `counts`: due as any other. `at_rest` (with `gap`) takes
    only time without a use for longer than `every` for idle: overdue is what is used before the next record, or used
    on both sides of the day it was due within `every`. Default: excused with
    `while`, else counts. `first: before_use` wants a record before the first use: with `fit` always, else where the
    subject's first day is written down.

    Service runs from the day the subject's own register states (installed_on, started_on, opened_on), else from the
    first record of `while`, else of `log`; never before the studio opened or the rule came into force; until its last
    day there. Without `per` and `while`, and without any record, it runs from the opening of the studio.

    A calendar stretch in which the studio, a stated service or the rule began, or that the audit day cuts off, is not
    yet due unless it is met already; one cut off by the end of service is not judged. A gap belongs to every audit in
    which it ends or is overdue.

    The log is complete from the audit period's first day on, or from its own first record if that is earlier. Stretches
    that begin before and hold no record cannot be judged (`history_starts_late`) unless what lies inside is too long.
    Records that may be somebody's, may be meant, or may lie in the stretch never breach: they make it undecided. With
    `while`, a record whose subject neither the log of `while` nor the subject's register knows may be anybody's.

    `offered: true` says that nobody must come (a client to a touch-up): nothing is judged, but the day to offer it is
    told while it is ahead.

    One finding is one stretch. A subject without any record at all is one finding for all its calendar stretches (and
    counts as one thing examined); with `fit`, uses that share their last record are one. Facts: the columns of `per`,
    `span`, `spans` (all of a finding), `times` (how many stretches), `count` (uses in it), `last`, `next`, `due`.
    """

    kind: Literal["interval"]
    log: LogName
    where: Conditions = Conditions({})
    when: ColumnPath | None = None
    per: Columns = []
    every: Uses | Own | Length
    reckon: Literal["gap", "calendar", "fit"] = "gap"
    while_: While | None = Field(None, alias="while")
    idle: Literal["excused", "before_use", "at_rest", "counts"] | None = None
    first: Literal["before_use", "within_stretch"] = "within_stretch"
    subjects: Roster | None = None
    offered: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> "Interval":
        if self.reckon == "calendar" and not (isinstance(self.every, Duration) and self.every.of_the_calendar):
            raise ValueError("the calendar has stretches of P1D, P1W, P1M, P3M, P6M and P1Y only; else use reckon: gap")
        if isinstance(self.every, Duration) and self.every.needs_times:
            raise ValueError("an interval is counted in days, weeks, months, years or records, not in hours")
        if self.while_ is None and (self.reckon == "fit" or isinstance(self.every, Uses) or self.idle == "before_use"):
            raise ValueError("without «while» nothing says which records make it due")
        if self.idle == "at_rest" and (self.while_ is None or self.reckon != "gap" or isinstance(self.every, Uses)):
            raise ValueError(
                "at_rest looks at the uses around the day a gap is due: it goes with «while» and reckon: gap"
            )
        if self.offered and (self.reckon != "gap" or self.while_):
            raise ValueError("what is offered is reckoned by gap, without «while»")
        if self.subjects and len(self.per) != 1:
            raise ValueError("«subjects» lists the values of one column; name it under «per»")
        if self.while_ and self.while_.per and len(self.while_.per) != len(self.per):
            raise ValueError("«while.per» names as many columns as «per», in the same order")
        if isinstance(self.every, Own) and self.every.column.split(".")[0] not in map(link_name, self.per):
            raise ValueError("«every.column» is a column of the subject's own record, e.g. equipment.service_interval")
        return self

    @property
    def idle_means(self) -> str:
        """What a stretch without use means."""
        return self.idle or ("excused" if self.while_ else "counts")

    def facts(self) -> Sequence[str]:
        return ("span", "spans", "times", "count", "last", "next", "due", *self.per)

    def logs_needed(self) -> Iterator[str]:
        yield self.log
        if self.while_:
            yield self.while_.log
        if self.subjects:
            yield self.subjects.log

    def explain(self) -> str:
        what = f"a record of {say.log(self.log)}" + (f" with {say.conditions(self.where)}" if self.where else "")
        each = f"For each {say.names(self.per)} " if self.per else "For the studio "
        uses = ""
        if self.while_:
            uses = f"records of {say.log(self.while_.log)}"
            uses += f" with {say.conditions(self.while_.where)}" if self.while_.where else ""
        length = self.length_words(uses)
        if self.reckon == "fit":
            return f"{each}at each of the {uses} there must be {what} within the {length} before it."
        idle = {
            "excused": f"; without {uses} it is not due",
            "counts": "",
            "before_use": f"; when overdue, before {uses}",
            "at_rest": f"; it is not due while more than {length} pass without {uses}",
        }
        if self.offered:
            return f"{each}another {what.removeprefix('a ')} is offered {length} after the last."
        how = f"in every calendar stretch of {length}" if self.reckon == "calendar" else f"at least every {length}"
        return f"{each}there must be {what} {how}{idle[self.idle_means] if self.while_ else ''}."

    def length_words(self, uses: str) -> str:
        if isinstance(self.every, Uses):
            return f"{self.every.records} {uses}"
        return (
            f"length of its own ({say.names([self.every.column])})" if isinstance(self.every, Own) else str(self.every)
        )
