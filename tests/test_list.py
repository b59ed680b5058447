"""Kind `list`: what stands on a published list, surely, possibly, and since when."""

import random
from itertools import pairwise

import pytest
from pydantic import ValidationError
from tables import logs, not_handed_in, scope

from smpcompliance.checks.base import Verdict
from smpcompliance.checks.list import List
from smpcompliance.checks.list.reference_list import ReferenceList, lot_text, reference_list, similar
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.table import Logs
from smpcompliance.yamlio import SourceError, parse

RECALLS = """
about: Inks called back
source: https://example.org/recalls
as_of: 2026-11-21
complete: true
columns: [brand, color, lots, announced, to]
entries:
  - {brand: Bloodline, color: Carolina Blue, lots: [BL23, BL-24], announced: 2024-08-23}
  - {brand: Scalpaink, color: all, lots: "*", announced: 2019-05-01, to: 2019-12-31}
"""
RECALL = {
    "log": "session_supplies",
    "where": {"item_type": {"enum": ["pigment"]}},
    "forbidden": {"list": "recalls", "match": ["brand", "color", "lot_number"], "from": "announced"},
}


def listed(text: str, name: str = "recalls") -> ReferenceList:
    return reference_list(parse(text, f"rulesets/XX/lists/{name}.yaml"))


def evaluate(fields: dict, text: str, found: Logs, **days: str) -> Verdict:
    found_list = listed(text)
    check = List.model_validate({"kind": "list"} | fields).model_copy(update={"lists": {"recalls": found_list}})
    return check.evaluate(scope(found, **days))


def answers(fields: dict, text: str, found: Logs, **days: str) -> dict[str, str]:
    verdict = evaluate(fields, text, found, **days)
    key = found.cells(fields["log"], found.log(fields["log"]).schema.key)
    why = verdict.unknowns.why
    assert why is not None
    out = {key.text(int(row)): "bad" for row in verdict.failures.rows}
    return out | {
        key.text(int(r)) if r >= 0 else "-": Reason(w).name for r, w in zip(verdict.unknowns.rows, why, strict=True)
    }


def used(line: str, day: str = "2025-01-10 10:00") -> str:
    found = logs(
        sessions=f"session_id, status, started_at\n1, performed, {day}",
        session_supplies=f"supply_id, session_id, item_type, brand, color, lot_number\nS, 1, pigment, {line}",
    )
    return answers(RECALL, RECALLS, found).get("S", "met")


def test_every_named_column_must_agree() -> None:
    assert used("bloodline , CAROLINA  blue, Lot no. bl 23") == "bad"
    assert used("Bloodline, Carolina Blue, BL-24") == "bad"
    assert used("Bloodline, Carolina Blue, BL24") == "met"
    assert used("Bloodline, Black, BL23") == "met"
    assert used("Eternal, Carolina Blue, BL23") == "met"


def test_a_blank_column_or_a_similar_spelling_makes_it_possible_only() -> None:
    assert used("Bloodline, Carolina Blue,") == "blank"
    assert used("Bloodline,, BL23") == "blank"
    assert used("Bloodline,, XX99") == "met"
    assert used("Bloodlime, Carolina Blue, BL23") == "ambiguous"
    assert used("Blood-Line, Carolina Blue, BL23") == "ambiguous"
    assert used("Bloodline, Carolina Blue, BL22") == "met"


def test_all_matches_every_lot_and_colour_and_blanks() -> None:
    assert used("Scalpaink,,", "2019-06-01") == "bad"
    assert used("Scalpaink, Any, 77", "2019-06-01") == "bad"


def test_a_use_before_the_first_day_or_after_the_last_is_no_finding() -> None:
    assert used("Bloodline, Carolina Blue, BL23", "2024-08-22") == "met"
    assert used("Bloodline, Carolina Blue, BL23", "2024-08-23 00:01") == "bad"
    assert used("Scalpaink,,", "2019-12-31 23:00") == "bad"
    assert used("Scalpaink,,", "2020-01-01") == "met"
    assert used("Bloodline, Carolina Blue, BL23", "2024-08") == "precision"


def test_the_finding_names_the_line_of_the_list_and_its_source() -> None:
    found = logs(
        sessions="session_id, status, started_at\n1, performed, 2025-01-10",
        session_supplies="session_id, item_type, brand, color, lot_number\n1, pigment, Bloodline, Carolina Blue, BL23",
    )
    failures = evaluate(RECALL, RECALLS, found).failures
    assert failures.fact("entry", 0) == "brand Bloodline, color Carolina Blue, lots BL23; BL-24, announced 2024-08-23"
    assert failures.fact("source", 0) == "https://example.org/recalls (2026-11-21)"
    assert failures.fact("value", 0) == "Bloodline"


ALLOWED = {"log": "training_records", "allowed": {"list": "recalls", "match": {"trainer": "name"}}}
PROVIDERS = """
about: Approved providers
source: the council's page
as_of: 2026-11-21
complete: {complete}
columns: [name, from, to]
entries:
  - {{name: Safety School, from: 2020-01-01, to: 2025-06-30}}
"""


@pytest.mark.parametrize(
    ("trainer", "day", "complete", "answer"),
    [
        ("Safety School", "2025-06-30", "true", "met"),
        ("Safety School", "2025-07-01", "true", "bad"),
        ("Safety School", "2019-12-31", "true", "bad"),
        ("Others", "2025-06-30", "true", "bad"),
        ("Others", "2025-06-30", "false", "list_incomplete"),
        ("Safety Schoole", "2025-06-30", "true", "ambiguous"),
        ("", "2025-06-30", "true", "blank"),
    ],
)
def test_only_what_stands_on_the_list_is_allowed(trainer: str, day: str, complete: str, answer: str) -> None:
    found = logs(training_records=f"training_id, completed_on, trainer\nT, {day}, {trainer}")
    assert answers(ALLOWED, PROVIDERS.format(complete=complete), found).get("T", "met") == answer


SUBSTANCES = """
about: Substances and their limits
source: Annex XVII
as_of: 2026-11-21
complete: true
columns: [cas_number, most, from]
comparator: {comparator}
entries:
  - {{cas_number: 7440-02-0, most: 0.0005, from: 2022-01-04}}
"""
LIMITS = {"log": "lot_substances", "limits": {"column": "percent", "list": "recalls", "match": ["cas_number"]}}
LOTS = "lot_id, item_type, received_on, brand, quantity\nL, pigment, 2025-01-01, X, 5\n"


def limited(percent: str, comparator: str = "below", cas: str = "7440-02-0", fields: dict = LIMITS) -> str:
    found = logs(
        supply_lots=LOTS,
        sessions="session_id, status, started_at\n1, performed, 2025-02-01",
        session_supplies="session_id, lot_id\n1, L",
        lot_substances=f"substance_id, lot_id, cas_number, percent\nC, L, {cas}, {percent}",
    )
    return answers(fields, SUBSTANCES.format(comparator=comparator), found).get("C", "met")


def test_the_comparator_of_a_limit_is_part_of_the_list() -> None:
    assert limited("0.0005", "below") == "bad"
    assert limited("0.0005", "at_most") == "met"
    assert limited("0.00051", "at_most") == "bad"
    assert limited("0.0004", "below") == "met"
    assert limited("") == "blank"


def test_a_substance_without_a_limit_is_not_judged_and_one_without_number_is_open() -> None:
    assert limited("50", cas="50-00-0") == "met"
    assert limited("50", cas="") == "blank"
    assert limited("0.0001", cas="") == "met"


def test_one_bound_for_all_records() -> None:
    below = {"log": "lot_substances", "limits": {"column": "percent", "below": 0.001}}
    assert limited("0.001", fields=below) == "bad"
    assert limited("0.0009", fields=below) == "met"
    at_most = {"log": "lot_substances", "limits": {"column": "percent", "at_least": 0.5, "at_most": 4}}
    assert [limited(p, fields=at_most) for p in ("0.4", "0.5", "4", "4.1")] == ["bad", "met", "met", "bad"]


def test_a_lot_without_a_test_report_cannot_be_judged_and_is_counted() -> None:
    found = logs(
        supply_lots=LOTS + "M, pigment, 2025-01-01, X, 5\nN, needle, 2025-01-01, X, 5",
        lot_substances="substance_id, lot_id, cas_number, percent\nC, L, 7440-02-0, 0.0001",
    )
    verdict = evaluate(LIMITS, SUBSTANCES.format(comparator="below"), found)
    assert [verdict.unknowns.fact("lot_id", n) for n in range(len(verdict.unknowns))] == ["M"]
    assert verdict.unknowns.rows.tolist() == [-1]
    verdict = evaluate(LIMITS, SUBSTANCES.format(comparator="below"), not_handed_in(found, "lot_substances"))
    assert verdict.reasons == ((0, Reason.no_log),)
    assert len(verdict.unknowns) == 0


def test_stock_that_is_left_asks_a_question() -> None:
    stock = RECALL | {"also": {"log": "supply_lots", "as": "stock_left"}}
    heads = "lot_id, item_type, received_on, brand, color, lot_number, quantity, condition\n"
    line = "pigment, 2024-01-01, Bloodline, Carolina Blue, BL23"

    def left(lots: str, waste: str = "") -> list[tuple[str, str]]:
        found = logs(
            supply_lots=heads + lots,
            sessions="session_id, status, started_at\n1, performed, 2024-02-01",
            session_supplies="session_id, item_type, lot_id, quantity\n1, pigment, L, 2",
            waste_collections="lot_id, collected_on\n" + waste,
        )
        unknowns = evaluate(stock, RECALLS, found).unknowns
        return [
            (unknowns.fact("lot_id", n), unknowns.fact("left", n)) for n in range(len(unknowns)) if unknowns.rows[n] < 0
        ]

    assert left(f"L, {line}, 3,") == [("L", "1")]
    assert left(f"L, {line}, 2,") == []
    assert left(f"L, {line},,") == [("L", "")]
    assert left(f"L, {line}, 3, recalled") == []
    assert left(f"L, {line}, 3,", "L, 2024-09-01") == []


@pytest.mark.parametrize(
    "text", ["12-a", "LOT 12-A", "Lot no. 12 - a", "lot #12-A", "Batch: 12-a", "Ch.-B. 12-A", "LOT: LOT 12-A"]
)
def test_lots_are_compared_without_the_words_before_them(text: str) -> None:
    assert lot_text(text) == "12-A"


def test_a_lot_number_that_begins_like_a_word_stays() -> None:
    assert lot_text("LO77") == "LO77"
    assert lot_text("12.5") != lot_text("125")


def test_alike_are_texts_of_one_different_letter_or_other_marks() -> None:
    assert similar("bloodline", "bloodlines")
    assert similar("blood line", "bloodline")
    assert similar("bloodline", "bloodlime")
    assert not similar("bloodline", "eternal")
    assert not similar("red", "rod")
    assert not similar("bloodline", "bloodlimes")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("complete: true", "complete: yes", "'complete'"),
        ("color: Carolina Blue", "colour: Carolina Blue", "7:24: the list has no column 'colour'"),
        ("to: 2019-12-31", "to: 2019", "'to'"),
        ("to: 2019-12-31", "to: end of 2019", "'to': 'end of 2019' is not a day"),
        ("announced: 2024-08-23", "announced: 2024-13-23", "'announced'"),
        ("source: https://example.org/recalls", "", "'source' is missing"),
        ("{brand: Scalpaink, color: all,", "{color: all,", "names nothing"),
        ("lots: [BL23, BL-24]", "lots: {a: b}", "'lots': expected a text"),
    ],
)
def test_a_mistake_in_a_list_is_shown_at_its_line(before: str, after: str, said: str) -> None:
    assert before in RECALLS
    with pytest.raises(SourceError) as error:
        listed(RECALLS.strip().replace(before, after))
    assert said in str(error.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"log": "sessions"},
        {"log": "sessions", "forbidden": {"list": "a", "match": []}},
        {"log": "sessions", "forbidden": RECALL["forbidden"], "allowed": RECALL["forbidden"]},
        {"log": "lot_substances", "limits": {"column": "percent"}},
        {"log": "lot_substances", "limits": {"column": "percent", "below": 1, "list": "a", "match": ["cas_number"]}},
        {"log": "lot_substances", "limits": {"column": "percent", "list": "a"}},
        {"log": "sessions", "allowed": RECALL["forbidden"], "also": {"log": "supply_lots", "as": "stock_left"}},
    ],
)
def test_a_check_that_is_not_one_thing_is_a_mistake(fields: dict) -> None:
    with pytest.raises(ValidationError):
        List.model_validate({"kind": "list"} | fields)


def test_a_list_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="recalls"):
        List.model_validate({"kind": "list"} | RECALL).evaluate(scope(logs(session_supplies="supply_id, brand\nS, x")))


def test_it_says_itself() -> None:
    said = List.model_validate({"kind": "list"} | RECALL).explain()
    assert (
        said
        == (
            "For each record of session supplies with item type pigment brand, color and lots must not stand on the list recalls."
        )
        or "must not stand on the list recalls" in said
    )


BRANDS, COLORS, LOT_CELLS = (
    ["Bloodline", "bloodline", "Bloodlime", "Eternal", ""],
    ["red", "blue", ""],
    ["1", "LOT 1", "2", ""],
)
DAYS = ["2025-01-01", "2025-01-02", "2025-01-03", "2025-01-04 10:00", "2025-01", ""]


def compared(cell: str, wanted: str, column: str) -> str:
    if wanted == "all":
        return "T"
    if not cell:
        return "U"
    plain = cell.replace("LOT ", "") if column == "lots" else cell.lower()
    if plain == wanted:
        return "T"
    near = len(plain) == len(wanted) and sum(a != b for a, b in zip(plain, wanted, strict=True)) == 1 and len(plain) > 4
    return "U" if near and column == "brand" else "F"


def counts(day: str, first: str) -> str:
    if not day:
        return "U"
    low = day[:10] if len(day) > 7 else f"{day}-01"
    return "T" if low >= first else "U" if len(day) == 7 and day == first[:7] else "F"


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("kind", ["forbidden", "allowed"])
def test_it_agrees_with_looking_at_every_line_of_the_list(kind: str, complete: bool) -> None:
    for seed in range(300):
        chance = random.Random(seed)
        lines = [
            {"brand": chance.choice(["bloodline", "eternal", "all"]), "color": chance.choice(["red", "blue", "all"]),
             "lots": chance.choice(["1", "2", "all"]), "from": chance.choice(DAYS[:3])}
            for _ in range(chance.randrange(1, 4))
        ]  # fmt: skip
        lines = [line for line in lines if {line["brand"], line["color"], line["lots"]} != {"all"}] or [
            {"brand": "eternal", "color": "all", "lots": "all", "from": DAYS[0]}
        ]
        source = (f"about: a\nsource: b\nas_of: 2025-01-01\ncomplete: {str(complete).lower()}\n"
                  "columns: [brand, color, lots, from]\nentries:\n" + "\n".join(
                      "  - {" + ", ".join(f'{k}: "{v}"' for k, v in line.items()) + "}" for line in lines))  # fmt: skip
        rows = [
            {"brand": chance.choice(BRANDS), "color": chance.choice(COLORS), "lots": chance.choice(LOT_CELLS),
             "day": chance.choice(DAYS), "studio": chance.choice("st")}
            for _ in range(chance.randrange(1, 9))
        ]  # fmt: skip
        found = logs(
            studios={"s": {}, "t": {}},
            sessions="session_id, studio_id, started_at\n"
            + "\n".join(f"{n}, {r['studio']}, {r['day']}" for n, r in enumerate(rows)),
            session_supplies="supply_id, studio_id, session_id, brand, color, lot_number\n"
            + "\n".join(
                f"{n}, {r['studio']}, {n}, {r['brand']}, {r['color']}, {r['lots']}" for n, r in enumerate(rows)
            ),
        )
        fields = {"log": "session_supplies", kind: {"list": "recalls", "match": ["brand", "color", "lot_number"]}}
        got = {key: "F" if why == "bad" else "U" for key, why in answers(fields, source, found).items()}
        wanted = {}
        for n, row in enumerate(rows):
            hits = [
                min((compared(row[c], line[c], c) for c in ("brand", "color", "lots")), key="FUT".index)
                for line in lines
            ]
            hits = [
                min(hit, counts(row["day"], line["from"]), key="FUT".index)
                for hit, line in zip(hits, lines, strict=True)
            ]
            best = max(hits, key="FUT".index)
            answer = {"T": "F", "F": "T", "U": "U"}[best] if kind == "forbidden" else best
            if answer == "F" and (not row["day"] or (kind == "allowed" and not complete)):
                answer = "U"
            if answer != "T":
                wanted[str(n)] = answer
        assert got == wanted, (seed, lines, rows)


def test_limits_by_list_agree_with_looking_at_every_line() -> None:
    for seed in range(200):
        chance = random.Random(seed)
        numbers = [f"{chance.randrange(3)}" for _ in range(3)]
        entries = [(chance.choice(["1-1-1", "2-2-2", "3-3-3"]), chance.randrange(1, 4)) for _ in range(3)]
        source = ("about: a\nsource: b\nas_of: 2025-01-01\ncomplete: true\ncolumns: [cas_number, most]\nentries:\n"
                  + "\n".join(f"  - {{cas_number: {cas}, most: {most}}}" for cas, most in entries))  # fmt: skip
        rows = [
            (chance.choice(["1-1-1", "2-2-2", "4-4-4", ""]), chance.choice([*numbers, "", "3", "4"])) for _ in range(5)
        ]
        found = logs(
            supply_lots=LOTS,
            sessions="session_id, status, started_at\n1, performed, 2025-02-01",
            session_supplies="session_id, lot_id\n1, L",
            lot_substances="substance_id, lot_id, cas_number, percent\n"
            + "\n".join(f"{n}, L, {c}, {p}" for n, (c, p) in enumerate(rows)),
        )
        got = {key: "F" if why == "bad" else "U" for key, why in answers(LIMITS, source, found).items()}
        wanted = {}
        for n, (cas, percent) in enumerate(rows):
            fails = ["F" if cas and cas != other else min("T" if cas else "U", "U" if not percent else
                     "T" if float(percent) > most else "F", key="FUT".index) for other, most in entries]  # fmt: skip
            worst = max(fails, key="FUT".index)
            if worst != "F":
                wanted[str(n)] = {"T": "F", "U": "U"}[worst]
        assert got == wanted, (seed, entries, rows)


def test_row_order_changes_nothing() -> None:
    rows = ["1, pigment, Bloodline, Carolina Blue, BL23", "1, pigment, Bloodline,, BL23", "1, pigment, Other,,"]
    out = []
    for order in (rows, rows[::-1]):
        found = logs(
            sessions="session_id, status, started_at\n1, performed, 2025-01-10",
            session_supplies="session_id, item_type, brand, color, lot_number\n" + "\n".join(order),
        )
        verdict = evaluate(RECALL, RECALLS, found)
        out.append((verdict.examined.tolist(), len(verdict.failures), len(verdict.unknowns)))
    assert all(a == b for a, b in pairwise(out))


@pytest.mark.parametrize(("one", "other", "alike"), [
    ("ci 74160", "ci 74100", False), ("ci 74160", "ci-74160", True), ("bloodlne", "bloodline", True), ("blue 15", "blue 16", False),
])  # fmt: skip
def test_another_figure_is_another_thing(one: str, other: str, alike: bool) -> None:
    assert similar(one, other) == alike
