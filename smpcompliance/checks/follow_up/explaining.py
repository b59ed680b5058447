"""A duty to follow up, said in a sentence."""

from typing import TYPE_CHECKING

from smpcompliance.checks.follow_up.parts import Follower, columns
from smpcompliance.checks.words import say

if TYPE_CHECKING:
    from smpcompliance.checks.follow_up import FollowUp


def explained(check: "FollowUp") -> str:
    """The check in a sentence."""
    after = check.after
    what = f"each record of {say.log(after.log)}" + (f" with {say.conditions(after.where)}" if after.where else "")
    if after.first:
        what = f"the first record of {say.log(after.log)} for each {say.names(after.first)}"
    if after.gap:
        what += f" that follows the one before it by more than {after.gap}"
    if check.lead:
        return f"At least {check.lead} before {what} there must be {_part(check.then)}{say.unless(check.unless)}."
    parts = []
    if check.then:
        many = f"{check.times} times in a row " if check.times > 1 else ""
        within = f" within {check.within}" if check.within else ""
        before = f" before {_part(check.before)}" if check.before else ""
        parts.append(f"{_part(check.then)} must follow {many}".rstrip() + within + before)
    if check.never:
        until = " until then" if check.then else f" within {check.within}" if check.within else ""
        parts.append(f"there must be no {_part(check.never).removeprefix('a ')}{until}")
    if check.also:
        parts.append(
            f"{say.log(check.also.log)} back to {_part(check.back_to)} must have {say.conditions(check.also.require)}"
        )
    by = f", for the same {say.names(columns(check.same))}," if check.same else ""
    return f"After {what}{by} {', and '.join(parts)}{say.unless(check.unless)}."


def _part(part: Follower | None) -> str:
    assert part
    return f"a record of {say.log(part.log)}" + (f" with {say.conditions(part.where)}" if part.where else "")
