"""How checks say themselves: typed conditions as words, so that an inspector can compare them with the law."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from smpcompliance.logs.numbers import number_text

if TYPE_CHECKING:
    from smpcompliance.checks.check import Selection
    from smpcompliance.checks.condition import Conditions, Constraint
    from smpcompliance.checks.sought import Find

_SAYS = {
    "enum": "{0} one of {1}",
    "not_": "{0} none of {1}",
    "minimum": "{0} at least {1}",
    "maximum": "{0} at most {1}",
    "exclusive_minimum": "{0} over {1}",
    "exclusive_maximum": "{0} under {1}",
    "pattern": "{0} of the form asked for",
    "min_length": "{0} of at least {1} characters",
    "contains_all": "{0} with all of {1}",
    "contains_any": "{0} with at least one of {1}",
    "contains_none": "{0} with none of {1}",
    "min_items": "{0} with at least {1} entries",
    "precision": "{0} with its {1}",
    "within": "{0} at {1} or a part of it",
    "equals": "{0} the same as {1}",
    "differs_from": "{0} other than {1}",
    "not_before": "{0} not before {1}",
    "not_after": "{0} not after {1}",
}
_SAYS_ONE = {
    "enum": "{0} {1}",
    "not_": "{0} other than {1}",
    "contains_all": "{0} with {1}",
    "contains_any": "{0} with {1}",
    "contains_none": "{0} without {1}",
}
_SAYS_DAY = {
    "minimum": "{0} not before {1}",
    "maximum": "{0} not after {1}",
    "exclusive_minimum": "{0} after {1}",
    "exclusive_maximum": "{0} before {1}",
}
_COMPARED = ("equals", "differs_from", "not_before", "not_after")
_FLAGS = {"true": "yes", "false": "no"}
_VALID = {
    "document": "in force on that day",
    "registration": "begun by that day, whatever end is written",
    "training": "completed by then and not expired",
    "lot": "not past its expiry and undamaged",
    "cycle": "that passed and was released",
}


def _template(key: str, value: Any) -> str:
    if key in _SAYS_ONE and len(value) == 1:
        return _SAYS_ONE[key]
    return _SAYS_DAY[key] if key in _SAYS_DAY and isinstance(value, str) else _SAYS[key]


class _Say:
    """The phrases, under one short name."""

    def names(self, words: Iterable[str]) -> str:
        """Words joined for reading: «a, b and c»."""
        *most, last = [self.name(word) for word in words]
        return f"{', '.join(most)} and {last}" if most else last

    def name(self, path: str) -> str:
        """A column as people say it: «the practitioner's role» for `practitioner.role`."""
        return str(path).replace("_", " ").replace("s.", "s' ").replace(".", "'s ")

    def alternatives(self, values: Any) -> str:
        """Values of a list, joined with commas."""
        if isinstance(values, list):
            *most, last = [_FLAGS.get(value, str(value).replace("_", " ")) for value in values]
            return f"{', '.join(most)} or {last}" if most else last
        return number_text(values) if isinstance(values, float) else str(values).replace("_", " ")

    def constraint(self, path: str, constraint: "Constraint") -> str:
        """One column and what it must be."""
        name = self.name(path)
        said = []
        for key in _SAYS:
            value = getattr(constraint, key)
            if value is not None:
                words = self.name(value) if key in _COMPARED else self.alternatives(value)
                said.append(_template(key, value).format(name, words))
        for key, word in (("at_least_after", "at least"), ("at_most_after", "at most")):
            if apart := getattr(constraint, key):
                said.append(f"{name} {word} {apart.by} after {self.name(apart.column)}")
        if constraint.required is not None and not (constraint.required and said):
            said.insert(0, f"{name} filled in" if constraint.required else f"{name} blank")
        return " and ".join(said)

    def conditions(self, conditions: "Conditions") -> str:
        """All conditions, in one phrase."""
        said = []
        for name, part in conditions.root.items():
            if isinstance(part, list):
                each = [self._alternative(each) for each in part]
                said.append(f"({' or '.join(each)})" if len(each) > 1 else each[0])
            else:
                said.append(self.constraint(name, part))
        return " and ".join(said)

    def _alternative(self, conditions: "Conditions") -> str:
        said = self.conditions(conditions)
        return f"({said})" if " and " in said and not said.startswith("(") else said

    def log(self, name: str) -> str:
        """A log by its plain name."""
        return name.replace("_", " ")

    def selection(self, selection: "Selection") -> str:
        """The records a check selects."""
        where = f" with {self.conditions(selection.where)}" if selection.where else ""
        left_out = ""
        if selection.exempt:
            paper = self.name(selection.exempt.paper)
            left_out = (
                f" (left out are those with {self.conditions(selection.exempt.where)}, where {paper} names the paper)"
            )
        return self.log(selection.log) + where + left_out

    def find(self, find: "Find", minimum: int = 1) -> str:
        """The record that is sought elsewhere."""
        many = "no record" if find.none else "a record" if minimum == 1 else f"at least {minimum} records"
        by = f" for the same {self.names(find.match)}" if find.match else ""
        where = f", with {self.conditions(find.where)}" if find.where else ""
        return f"{many} in {self.log(find.log)}{by}{where}" + (f", {_VALID[find.valid]}" if find.valid else "")

    def unless(self, find: "Find | None") -> str:
        """The exception, if there is one."""
        return f", unless there is {self.find(find)}" if find else ""


say = _Say()
