"""What may be written of a check, whatever its kind; how it is judged is loaded only where something is judged."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Literal, Self

from smpcompliance.checks.condition import ColumnPath, Conditions, Strict
from smpcompliance.logs.schema import LOGS, schema

if TYPE_CHECKING:
    from smpcompliance.checks.base import Evaluation, Scope, Verdict
    from smpcompliance.checks.upcoming import Upcoming

LogName = Literal[LOGS]  # type: ignore[valid-type]


class Exemption(Strict):
    """Records a rule does not reach on a ground that is claimed in the log and shown by a paper."""

    where: Conditions
    paper: ColumnPath


class Check(Strict):
    """A typed check: what a rule may write. `kind` is its package; the docstring of each kind is its page.

    How a kind judges stands beside its model, in `evaluation.py`.
    """

    kind: str

    def explain(self) -> str:
        """The check in a sentence, as an inspector would compare it with the law."""
        raise NotImplementedError

    def evaluate(self, scope: "Scope") -> "Verdict":
        """Judges everything in scope at once."""
        return self._evaluation().evaluate(scope)

    def looks_ahead(self) -> bool:
        """Whether anything that the check asks for is ever due."""
        return self._evaluation().looks_ahead()

    def upcoming(self, scope: "Scope") -> "tuple[Upcoming, ...]":
        """What is due next, or was due and is still open; see `Evaluation.upcoming`."""
        return self._evaluation().upcoming(scope)

    def _evaluation(self) -> "Evaluation[Self]":
        """How the kind judges; it is loaded when something is judged, and numpy with it."""
        home = import_module(f"smpcompliance.checks.{self.kind}.evaluation")
        found: Evaluation[Self] = home.Judging(self)
        return found

    def logs_needed(self) -> Iterator[str]:
        """The logs without which nothing can be judged; the first is that of the findings."""
        return iter(())

    def lists_needed(self) -> Iterator[str]:
        """The names of the published lists it looks things up in; they ship with the ruleset."""
        return iter(())

    def facts(self) -> Sequence[str]:
        """The names of what the kind finds; a message may use them beside columns and parameters."""
        return ()


class Selection(Check):
    """The records a check judges: a log, `where`, exceptions, and the moment that decides day and law."""

    log: LogName
    where: Conditions = Conditions({})
    exempt: Exemption | None = None
    when: ColumnPath | None = None
    law_of: ColumnPath | None = None

    def logs_needed(self) -> Iterator[str]:
        yield self.log

    def moment(self) -> str | None:
        """The column that says when a record happened."""
        return self.when or schema(self.log).when
