"""What would settle a case that could not be judged: the cell that is missing, wherever it stands."""

from pathlib import Path

from law import audited, law, result, write

from smpcompliance.audit.wanting import Wanting, wanting

RULE = """
title: Of age
severity: critical
citation: {text: s. 1, source: act}
basis: text
verified: 2026-01-01
check: {kind: record, log: sessions, require: {CONDITION}}
message: Session {session_id}.
"""
SESSIONS = "Booking,Client,Starts\nS1,C1,2026-10-01T09:00\n"
CLIENTS = "Client no.,Date of birth\nC1,{}\n"


def wanted(folder: Path, condition: str, born: str = "") -> list[Wanting]:
    profile = (
        "studio_id: s\njurisdiction: XX\nfiles:\n  sessions.csv: {columns: {Booking: session_id, Client: client_id, "
        "Starts: started_at}}\n  clients.csv: {columns: {Client no.: client_id}}\n"
    )
    place = write(
        folder / "s", studio=profile, sessions_dot_csv=SESSIONS, clients_dot_csv=CLIENTS.format(born)
    )  # fmt: skip
    found = audited(law(folder / "law", a=RULE.replace("CONDITION", condition)), place, period="2026-10")
    return list(wanting(found, result(found, "XX/a"), 10))


def test_a_blank_cell_behind_a_link_is_named_with_its_own_file(tmp_path: Path) -> None:
    (each,) = wanted(tmp_path, "client.birth_date: {not_after: started_at}")
    assert (each.log, each.column, each.head, each.file) == ("clients", "birth_date", "Date of birth", "clients.csv")


def test_of_a_column_that_is_reckoned_the_cells_are_named_that_it_is_made_of(tmp_path: Path) -> None:
    assert "Date of birth" in [each.head for each in wanted(tmp_path, "client_age: {minimum: 18}")]
    assert "Starts" not in [each.head for each in wanted(tmp_path / "2", "client_age: {minimum: 18}")]


def test_a_column_that_the_file_lacks_is_named_as_the_log_calls_it(tmp_path: Path) -> None:
    (each,) = wanted(tmp_path, "ended_at: {not_before: started_at}")
    assert (each.head, each.file) == ("ended_at", "sessions.csv")
