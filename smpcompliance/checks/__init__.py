"""How a duty is judged: the literal list of kinds."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smpcompliance.checks.check import Check


class _Kinds(Mapping[str, "type[Check]"]):
    """The model of each kind; one that no rule names is never loaded."""

    _MODELS = {
        "record": "Record",
        "unique": "Unique",
        "reference": "Reference",
        "interval": "Interval",
        "sequence": "Sequence",
        "follow_up": "FollowUp",
        "retention": "Retention",
        "document": "Document",
        "limit": "Limit",
        "list": "List",
        "attest": "Attest",
    }

    def __getitem__(self, kind: str) -> "type[Check]":
        return _model(kind, self._MODELS[kind])

    def __iter__(self) -> Iterator[str]:
        return iter(self._MODELS)

    def __len__(self) -> int:
        return len(self._MODELS)

    def __contains__(self, kind: object) -> bool:
        return kind in self._MODELS


@cache
def _model(kind: str, name: str) -> "type[Check]":
    model: type[Check] = getattr(import_module(f"{__name__}.{kind}"), name)
    return model


KINDS: Mapping[str, "type[Check]"] = _Kinds()
