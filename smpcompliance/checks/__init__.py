"""How a duty is judged: the literal list of kinds."""

from smpcompliance.checks.attest import Attest
from smpcompliance.checks.base import Check
from smpcompliance.checks.document import Document
from smpcompliance.checks.follow_up import FollowUp
from smpcompliance.checks.interval import Interval
from smpcompliance.checks.limit import Limit
from smpcompliance.checks.list import List
from smpcompliance.checks.record import Record
from smpcompliance.checks.reference import Reference
from smpcompliance.checks.retention import Retention
from smpcompliance.checks.sequence import Sequence
from smpcompliance.checks.unique import Unique

KINDS: dict[str, type[Check]] = {
    "record": Record,
    "unique": Unique,
    "reference": Reference,
    "interval": Interval,
    "sequence": Sequence,
    "follow_up": FollowUp,
    "retention": Retention,
    "document": Document,
    "limit": Limit,
    "list": List,
    "attest": Attest,
}
