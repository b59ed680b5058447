"""What is told of each session that a source reaches: who, when, why, and the record that decides."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from smpcompliance.audit.evidence import evidence_at
from smpcompliance.audit.finding import Evidence
from smpcompliance.logs.table import Logs
from smpcompliance.report.trace.withheld import Withheld
from smpcompliance.trace.exposure import Because, Strength
from smpcompliance.trace.run import Trace, Traced

LOADS, LOTS = "sterilization_cycles", "supply_lots"
_OF_SESSION = {
    Because.status_contradicts: "status",
    Because.not_performed: "status",
    Because.day_unknown: "started_at",
    Because.before: "started_at",
}
_OF_PERSON = {"practitioner": "practitioner_id", "client": "client_id", "station": "station"}
_PRODUCT = ("item_type", "brand", "product", "color")


@dataclass(frozen=True)
class Reached:
    """One session.

    Attributes:
        place: in `Exposed`.
        session, day, practitioner, client: as the records write them; the client is a code or a pseudonym. Blank where
            it is not told.
        target: the key of the load or lot that it was reached through; blank where there is none.
        machine: of that load.
        lot_number, product: of that lot.
        evidence: the record that decides, at the column that does.
    """

    place: int
    strength: Strength
    because: Because
    session: str
    day: str
    practitioner: str
    client: str
    target: str
    machine: str
    lot_number: str
    product: str
    evidence: Evidence


def thing(traced: Traced) -> str:
    """What sessions are reached through: `load`, `lot`, or `other` (a person, a place, a time). Keys of the words."""
    return {LOADS: "load", LOTS: "lot"}.get(traced.exposed.log, "other")


def reached(trace: Trace, traced: Traced, places: Iterable[int], withheld: Withheld) -> Iterator[Reached]:
    """The sessions at these places of `traced.exposed`, in the order given."""
    logs, exposed = trace.logs, traced.exposed
    for place in places:
        row, target = int(exposed.sessions[place]), int(exposed.target[place])
        because = Because(int(exposed.because[place]))
        yield Reached(
            int(place),
            because.strength,
            because,
            withheld(logs.cells("sessions", "session_id").text(row)),
            logs.cells("sessions", "started_at").text(row),
            withheld(logs.cells("sessions", "practitioner_id").text(row)),
            logs.cells("sessions", "client_id").text(row),
            withheld(logs.cells(exposed.log, logs.log(exposed.log).schema.key).text(target)) if target >= 0 else "",
            withheld(logs.cells(LOADS, "equipment_id").text(target)) if target >= 0 and exposed.log == LOADS else "",
            withheld(logs.cells(LOTS, "lot_number").text(target)) if target >= 0 and exposed.log == LOTS else "",
            withheld(product(logs, target)) if target >= 0 and exposed.log == LOTS else "",
            shown(_deciding(logs, traced, place, because), withheld),
        )


def product(logs: Logs, lot: int) -> str:
    """Kind, brand, product and colour of a lot, as far as they are written."""
    told = (logs.cells(LOTS, name).text(lot) for name in _PRODUCT)
    return " ".join(dict.fromkeys(part.replace("_", " ") for part in told if part))


def shown(evidence: Evidence, withheld: Withheld) -> Evidence:
    """A record's place, without names in its key and in what its file and sheet are called."""
    record = {name: withheld(value) for name, value in evidence.record.items()}
    file = evidence.file and withheld(evidence.file)
    return evidence._replace(record=record, file=file, sheet=withheld(evidence.sheet))


def _deciding(logs: Logs, traced: Traced, place: int, because: Because) -> Evidence:
    supply = int(traced.exposed.supply[place])
    if supply < 0:
        column = _OF_SESSION.get(because) or _OF_PERSON.get(traced.kind, "session_id")
        return evidence_at(logs.log("sessions"), int(traced.exposed.sessions[place]), column)
    return evidence_at(logs.log("session_supplies"), supply, _of_supply(logs, traced.exposed.log, supply))


def _of_supply(logs: Logs, log: str, supply: int) -> str:
    """The column of an entry of supplies that names the load or lot, or would."""
    columns = ("cycle_id", "lot_number") if log == LOADS else ("lot_number", "lot_id")
    table = logs.log("session_supplies")
    filled = (name for name in columns if name in table.text and table.text[name][supply].as_py())
    return next(filled, columns[0])


def reasons(traced: Traced, strength: Strength) -> dict[Because, int]:
    """How many sessions of a strength there are for each reason, the most frequent first."""
    counts = Counter(map(Because, traced.exposed.because[traced.exposed.of(strength)].tolist()))
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))
