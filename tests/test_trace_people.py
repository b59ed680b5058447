"""Tracing by practitioner, client, station and days: whose session it surely is, may be, and is not."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from readings import read
from tables import logs

from smpcompliance import dates
from smpcompliance.logs.table import Logs
from smpcompliance.trace.exposure import Because, Exposed
from smpcompliance.trace.people import Place, exposed_by, known_keys, resolved

TODAY = date(2026, 11, 21)


def told(found: Logs, kind: Place, key: str, period: str | None = None, studio: int = 0) -> dict[str, str]:
    """Session → why it is exposed or not."""
    days = dates.period(period) if period else None
    exposed = exposed_by(found, studio, kind, key, days, TODAY)
    ids = found.cells("sessions", "session_id")
    return {
        ids.text(row): Because(code).name for row, code in zip(exposed.sessions.tolist(), exposed.because, strict=True)
    }


def sittings(rows: str, **more: Any) -> Logs:
    return logs(sessions=f"session_id,started_at,practitioner_id,client_id,station,status\n{rows}", **more)


def test_a_practitioners_sessions_are_certain_and_those_of_nobody_possible() -> None:
    found = sittings("S1,2026-10-01,P1\nS2,2026-10-02,P2\nS3,2026-10-03,\nS4,2026-10-04,-")

    assert told(found, "practitioner", "P1") == {
        "S1": "named", "S2": "other_named", "S3": "nothing_written", "S4": "nothing_written",
    }  # fmt: skip


def test_nothing_leads_to_a_supply_or_a_log() -> None:
    exposed = exposed_by(sittings("S1,2026-10-01,P1"), 0, "practitioner", "P1", None, TODAY)

    assert (exposed.log, exposed.supply.tolist(), exposed.target.tolist()) == ("", [-1], [-1])


def test_clients_and_stations_are_traced_the_same_way() -> None:
    found = sittings("S1,2026-10-01,P1,C1,Booth 1\nS2,2026-10-02,P1,C2,booth  1\nS3,2026-10-03,P1,,Booth 2\nS4,,P1,C1,")

    assert told(found, "client", "C1") == {
        "S1": "named", "S2": "other_named", "S3": "nothing_written", "S4": "named",
    }  # fmt: skip
    assert told(found, "station", "Booth 1") == {
        "S1": "named", "S2": "named", "S3": "other_named", "S4": "nothing_written",
    }  # fmt: skip


def test_a_session_that_did_not_take_place_is_nobodys_and_a_blank_status_is_one_that_did() -> None:
    found = sittings(
        "S1,2026-10-01,P1,,,cancelled\nS2,2026-10-02,P1,,,no_show\nS3,2026-10-03,P1,,,\nS4,2026-10-04,P1,,,performed\n"
        "S5,2026-10-05,P2,,,booked"
    )

    assert told(found, "practitioner", "P1") == {
        "S1": "not_performed", "S2": "not_performed", "S3": "named", "S4": "named", "S5": "not_performed",
    }  # fmt: skip


def test_a_period_has_its_first_and_last_day_and_what_may_lie_in_it_is_possible() -> None:
    found = sittings(
        "S1,2026-09-30 23:59\nS2,2026-10-01 00:00\nS3,2026-10-31 23:59\nS4,2026-11-01\nS5,2026-10\nS6,2026\nS7,\n"
        "S8,the other day\nS9,2026-09"
    )

    assert told(found, "period", "", "2026-10") == {
        "S1": "not_of_this", "S2": "named", "S3": "named", "S4": "not_of_this", "S5": "named", "S6": "day_unknown",
        "S7": "day_unknown", "S8": "day_unknown", "S9": "not_of_this",
    }  # fmt: skip


def test_without_a_period_every_session_counts_with_and_without_a_day() -> None:
    assert told(sittings("S1,2026-10-01\nS2,"), "period", "") == {"S1": "named", "S2": "named"}


def test_a_period_beside_a_practitioner_excludes_what_lies_outside_and_nothing_else() -> None:
    found = sittings(
        "S1,2026-09-30,P1\nS2,2026-10-01,P1\nS3,2026-09-30,\nS4,2026-10-01,\nS5,,P1\nS6,,\nS7,,P2\nS8,2026-10-01,P2"
    )

    assert told(found, "practitioner", "P1", "2026-10") == {
        "S1": "not_of_this", "S2": "named", "S3": "not_of_this", "S4": "nothing_written", "S5": "day_unknown",
        "S6": "nothing_written", "S7": "other_named", "S8": "other_named",
    }  # fmt: skip


def test_what_lies_after_the_day_of_the_trace_is_not_looked_at() -> None:
    found = sittings("S1,2026-11-21 23:59,P1\nS2,2026-11-22,P1\nS3,2026-11,P1\nS4,2027,P1")

    assert told(found, "practitioner", "P1") == {"S1": "named", "S3": "named"}


def test_another_studios_person_of_the_same_code_is_another_person() -> None:
    found = sittings("S1,2026-10-01,P1\n", studios={"s": {}, "t": {}})
    both = logs(
        studios={"s": {}, "t": {}},
        sessions="session_id,started_at,practitioner_id,studio_id\nS1,2026-10-01,P1,s\nT1,2026-10-01,P1,t",
    )

    assert told(found, "practitioner", "P1", studio=1) == {}
    assert told(both, "practitioner", "P1", studio=1) == {"T1": "named"}


def test_a_log_without_the_column_names_nobody() -> None:
    found = logs(sessions="session_id,started_at\nS1,2026-10-01")

    assert told(found, "practitioner", "P1") == {"S1": "nothing_written"}
    assert told(found, "station", "1") == {"S1": "nothing_written"}


def test_no_sessions_are_no_exposure() -> None:
    exposed: Exposed = exposed_by(logs(clients="client_id\nC1"), 0, "client", "C1", None, TODAY)

    assert len(exposed) == 0


PEOPLE = "practitioner_id,name\nP1,Mara Quill\nP2,Odo Fenn\nP3,Tam Reed\nP4,Tam Reed\n"


def test_an_id_in_another_case_is_the_same_person_unless_the_list_keeps_them_apart() -> None:
    found = sittings("S1,2026-10-01,P1\nS2,2026-10-02,p1\nS3,2026-10-03, P2", practitioners=PEOPLE)
    apart = sittings("S1,2026-10-01,P1\nS2,2026-10-02,p1", practitioners="practitioner_id,name\nP1,A\np1,B")

    assert told(found, "practitioner", "P1") == {"S1": "named", "S2": "named", "S3": "other_named"}
    assert told(apart, "practitioner", "P1") == {"S1": "named", "S2": "other_named"}
    assert (resolved(found, 0, "practitioner", "p2"), resolved(apart, 0, "practitioner", "p1")) == ("P2", "p1")


def test_a_name_in_the_sessions_is_the_person_whose_name_it_is_and_only_possible_where_two_have_it() -> None:
    found = sittings("S1,2026-10-01,MARA QUILL\nS2,2026-10-02,Tam Reed\nS3,2026-10-03,P3", practitioners=PEOPLE)

    assert told(found, "practitioner", "P1") == {"S1": "named", "S2": "other_named", "S3": "other_named"}
    assert told(found, "practitioner", "P3") == {"S1": "other_named", "S2": "nothing_written", "S3": "named"}


def test_a_full_name_is_answered_by_the_id_where_one_person_has_it() -> None:
    found = sittings(
        "S1,2026-10-01,P1,C1\nS2,2026-10-02,Mara Quill,C9",
        practitioners=PEOPLE,
        clients="client_id,name\nC1,Ilse Brandt\nC2,Ilse Brandt\nC3,Noor Haas",
    )

    assert resolved(found, 0, "practitioner", "mara quill") == "P1"
    assert resolved(found, 0, "practitioner", "Mara Quill") == "P1", "the name stands in a session too"
    assert resolved(found, 0, "practitioner", "Tam Reed") is None, "two people have the name"
    assert resolved(found, 0, "client", "NOOR  HAAS") == "C3"
    assert resolved(found, 0, "client", "Ilse Brandt") is None
    assert resolved(found, 0, "client", "Mara Quill") is None, "she is no client"
    assert resolved(found, 0, "client", "c9") == "C9", "known from a session only"
    assert resolved(found, 0, "client", "C8") is None
    assert resolved(found, 0, "station", "Mara Quill") is None


def test_a_code_comes_before_a_name() -> None:
    found = sittings("S1,2026-10-01,AB", practitioners="practitioner_id,name\nAB,Cor\nCor,Lin Ames")

    assert resolved(found, 0, "practitioner", "Cor") == "Cor"
    assert resolved(found, 0, "practitioner", "lin ames") == "Cor"


def test_stations_are_found_in_any_spelling() -> None:
    found = sittings("S1,2026-10-01,,,Booth 2\nS2,2026-10-01,,,BOOTH 2\nS3,2026-10-01,,,Chair A")

    assert resolved(found, 0, "station", " booth  2") == "BOOTH 2"
    assert known_keys(found, 0, "station") == ("BOOTH 2", "Chair A")
    assert resolved(found, 0, "station", "") is None
    assert resolved(found, 0, "station", "...") is None


def test_known_ids_come_from_the_list_the_sessions_and_the_forms_of_that_studio() -> None:
    found = logs(
        studios={"s": {}, "t": {}},
        clients="client_id,name,studio_id\nC1,Ilse Brandt,s\nC7,Noor Haas,t",
        sessions="session_id,client_id,studio_id\nS1,C2,s\nS2,c1,s\nS3,C8,t",
        consent_forms="consent_id,client_id,studio_id\nF1,C3,s",
    )

    assert known_keys(found, 0, "client") == ("C1", "C2", "C3")
    assert known_keys(found, 1, "client") == ("C7", "C8")
    assert known_keys(found, 0, "practitioner") == ()
    assert known_keys(found, 0, "period") == ()


@pytest.mark.parametrize("kind", ["practitioner", "client"])
def test_known_ids_are_never_names(kind: Place) -> None:
    found = sittings(
        "S1,2026-10-01,Mara Quill,Ilse Brandt",
        practitioners="practitioner_id,name\nMara Quill,Mara Quill\nP2,Odo Fenn",
        clients="client_id,name\nIlse Brandt,Ilse Brandt\nP2,Noor Haas",
    )

    assert known_keys(found, 0, kind) == ("P2",)


def test_clients_known_by_name_only_are_known_by_their_pseudonym(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        clients="name,phone\nIlse Brandt,555 0101\nNoor Haas,555 0102\n",
        sessions="session_id,started_at,client name\nS1,2026-10-01,Ilse Brandt\nS2,2026-10-02,Noor Haas\n",
    )
    found = reading.intake.logs
    key = resolved(found, 0, "client", "Ilse Brandt")

    assert key is not None and key.startswith("client-")
    assert told(found, "client", key) == {"S1": "named", "S2": "other_named"}
    assert all(each.startswith("client-") for each in known_keys(found, 0, "client"))
