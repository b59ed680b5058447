"""Kind `follow_up`: after X comes Y in time, before Z."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from smpcompliance.checks.check import Check
from smpcompliance.checks.condition import Length
from smpcompliance.checks.follow_up.explaining import explained
from smpcompliance.checks.follow_up.parts import Also, Event, Follower, Same
from smpcompliance.checks.sought import Find


class FollowUp(Check):
    """After each event X (`after`) a record Y (`then`) comes: `within` a length, `before` any record Z, or both.

    X, Y and Z belong together where the columns of `same` agree ([column] or {own column: theirs}; empty: the same
    studio). `times: 3` wants so many Y in a row, without a record of that log whose `result` is a failure between
    them. `never` forbids records from X until the cure (for ever, or `within` a length, where there is no `then`);
    what is done in the period against an X of an earlier day that is not cured breaches too, one finding for each
    subject. `lead` turns it round: Y lies at least so long before X. A Y also counts `early`: so long before X, or
    (`record`) after the event date of X's own record. A record may cure itself by another column. One Y cures all
    earlier X of its subject unless `each`. `back_to` looks from X back to the last record that surely is one, and
    `also` says what the records in that window must be.

    For dates Y on X's day is in time; Z on the day of X or Y is undecided unless times show its place. The run that
    failed (a record that X itself links to) is no use after the failure. While the deadline runs and nothing is
    wrong, X is not yet due; an X before the period is judged when its deadline ends in the period. A record X with a
    blank moment cannot be judged; a standing record whose end is blank is no event. One finding is one X; facts:
    `due`, `then`, `between` (records Z that surely lie between), `window`, `loads`.
    """

    kind: Literal["follow_up"]
    after: Event
    same: Same = []
    then: Follower | None = None
    within: Length | None = None
    before: Follower | None = None
    times: Annotated[int, Field(ge=1)] = 1
    never: Follower | None = None
    back_to: Follower | None = None
    also: Also | None = None
    each: bool = False
    lead: Length | None = None
    early: Length | Literal["record"] | None = None
    unless: Find | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> "FollowUp":
        if not (self.then or self.never or self.also):
            raise ValueError("say what must follow (then), or what must not (never)")
        if self.before and not self.then:
            raise ValueError("before needs then: what must come before it")
        if self.lead and (not self.then or self.within or self.before or self.never or self.each or self.times > 1):
            raise ValueError("lead takes then alone: how long before X it must lie")
        if self.then and not (self.within or self.before or self.never or self.lead):
            raise ValueError("say by when: within, before, never or lead")
        if self.each and self.times > 1:
            raise ValueError("each and times do not go together")
        if self.also and not self.back_to:
            raise ValueError("also looks at a window, so say back_to")
        if self.after.first and self.after.gap:
            raise ValueError("an event is the first of a group or follows a gap, not both")
        return self

    def explain(self) -> str:
        return explained(self)

    def logs_needed(self) -> Iterator[str]:
        yield self.after.log
        for part in (self.then, self.before, self.never, self.back_to, self.also, self.unless):
            if part:
                yield part.log

    def facts(self) -> Sequence[str]:
        return ("then", "between", "due", "window", "loads")
