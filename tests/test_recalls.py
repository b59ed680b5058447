"""Recalls: the list, how it is read, what of a studio agrees with it, and when that was used."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from readings import read
from tables import logs

from smpcompliance.logs.table import Logs
from smpcompliance.rules.ruleset import library, packaged
from smpcompliance.trace.exposure import Because
from smpcompliance.trace.lot_exposure import entries_of, exposed_by_lots
from smpcompliance.trace.recalls import COLUMNS, RecallList, matches, read_recalls, recall_list, studios_near, uses
from smpcompliance.yamlio import SourceError

TODAY = date(2026, 11, 21)
HEAD = ",".join(COLUMNS)


def entry(**cells: str) -> str:
    """A line of a list of recalls."""
    line = {
        "recall_id": "R1",
        "authority": "FDA",
        "kind": "ink",
        "brand": "Bloodline",
        "source": "https://x.test",
        **cells,
    }
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([line.get(name, "") for name in COLUMNS])
    return out.getvalue()


def listed(*lines: str) -> RecallList:
    return read_recalls(f"{HEAD}\n{''.join(lines)}", "own.csv")


BLUE = {"product": "CAROLINA BLUE 1/2oz/15mL", "lots": "BL23", "published": "2024-08-23"}


def stock(*lots: str) -> Logs:
    rows = "\n".join(f"L{n}, {lot}" for n, lot in enumerate(lots))
    return logs(supply_lots=f"lot_id, item_type, brand, product, color, lot_number\n{rows}")


def level(lot: str, **cells: str) -> str:
    """How one lot agrees with one recall; empty where it does not."""
    found = matches(stock(lot), 0, listed(entry(**cells)), TODAY)
    for _, match, lots in found:
        assert lots.rows.tolist() == [0] and lots.sure.tolist() == [match == "certain"]
    return found[0][1] if found else ""


@pytest.mark.parametrize(
    ("lot", "match"),
    [
        ("pigment, Bloodline, Carolina Blue, , BL23", "certain"),
        ("pigment, BLOODLINE, carolina blue 1/2oz, , Lot bl 23", "certain"),
        ("pigment, Bloodline, , Carolina Blue, BL23", "certain"),
        ("pigment, Bloodline, Carolina, Blue, BL23", "certain"),
        ("pigment, Bloodline, Carolina Blue 1/2oz/15mL, , BL23", "certain"),
        (", Bloodline, Carolina Blue, , BL23", "certain"),
        ("pigment, , Carolina Blue, , BL23", "possible"),
        ("pigment, Bloodline, , , BL23", "possible"),
        ("pigment, , , , BL23", "possible"),
        ("pigment, Bloodlime, Carolina Blue, , BL23", "possible"),
        ("pigment, Bloodline, Carolina Bleu, , BL23", ""),
        ("pigment, Bloodline, Carolina Blues, , BL23", "possible"),
        ("pigment, Bloodline, Carolina Blue, , BL-23", "possible"),
        ("pigment, Bloodline, Carolina Blue, ,", "possible"),
        ("pigment, Bloodline, , ,", "brand_only"),
        ("pigment, Eternal, Carolina Blue, , BL23", ""),
        ("pigment, Bloodline, Pony Pink, , BL23", ""),
        ("pigment, Bloodline, Carolina Blue, , BL24", ""),
        ("glove, Bloodline, Carolina Blue, , BL23", ""),
        ("diluent, Bloodline, Carolina Blue, , BL23", ""),
        ("pigment, , Carolina Blue, ,", ""),
    ],
)
def test_how_a_lot_agrees_with_a_recall_of_one_product_and_number(lot: str, match: str) -> None:
    assert level(lot, **BLUE) == match


@pytest.mark.parametrize(
    ("lot", "match"),
    [("RB0624", "certain"), ("lot rb0624", "certain"), ("RBO624", "possible"), ("RB-0624", "possible"), ("RB0625", "")],
)
def test_a_letter_for_a_figure_is_another_spelling_and_never_certain(lot: str, match: str) -> None:
    assert (
        level(f"pigment, Sacred, Raven Black, , {lot}", brand="Sacred", product="Raven Black", lots="RB0624") == match
    )


@pytest.mark.parametrize(("lot", "match"), [("10.19.18", "certain"), ("10-19-18", "possible"), ("2018-10-19", "")])
def test_a_lot_that_looks_like_a_date_is_text(lot: str, match: str) -> None:
    assert level(f"pigment, Solid Ink, Diablo, , {lot}", brand="Solid Ink", product="Diablo", lots="10.19.18") == match


@pytest.mark.parametrize(
    ("lot", "match"),
    [
        ("pigment, Scalpaink, SC basic black, , 7", "certain"),
        ("pigment, Scalpaink, SC basic black, ,", "certain"),
        ("pigment, Scalpaink, , , 7", "possible"),
        ("pigment, Scalpaink, Red, , 7", ""),
        ("pigment, , basic black, , 7", ""),
        ("pigment, Inka, basic black, , 7", ""),
    ],
)
def test_a_recall_of_every_lot(lot: str, match: str) -> None:
    assert level(lot, brand="Scalpaink", product="basic black", lots="*") == match


@pytest.mark.parametrize(
    ("received", "match"), [("2019-05-15", "certain"), ("2019-05-16", "possible"), ("", "certain")]
)
def test_every_lot_means_those_on_the_market_when_it_was_published(received: str, match: str) -> None:
    found = logs(supply_lots=f"lot_id, item_type, brand, product, received_on\nL1, pigment, Inka, Black, {received}")
    recalls = listed(entry(brand="Inka", product="Black", lots="*", published="2019-05-15"))
    assert [each for _, each, _ in matches(found, 0, recalls, TODAY)] == [match]


@pytest.mark.parametrize(
    ("lot", "match"),
    [
        ("pigment, Intenze, Dark Brown, , 55", "brand_only"),
        ("pigment, Intenze, , , 55", "brand_only"),
        ("pigment, Intenze, , ,", "brand_only"),
        ("pigment, Intenze, Red, , 55", ""),
        ("pigment, , Dark Brown, , 55", ""),
    ],
)
def test_a_recall_whose_source_names_no_lot(lot: str, match: str) -> None:
    assert level(lot, brand="Intenze", product="Dark Brown") == match


def test_a_recall_of_every_product_of_a_brand() -> None:
    for lot, match in (
        ("Inka, Red, , 7", "certain"),
        ("Inka, , , 7", "certain"),
        ("Inka, Red, , 8", ""),
        ("Inka, Red, ,", "possible"),
    ):
        assert level(f"pigment, {lot}", brand="Inka", lots="7") == match


def test_other_spellings_of_a_brand_and_the_name_of_its_maker() -> None:
    for brand in ("Bloodline", "Sierra Stain", "sierra stain llc"):
        assert (
            level(
                f"pigment, {brand}, Carolina Blue, , BL23", also_called="Sierra Stain", maker="Sierra Stain LLC", **BLUE
            )
            == "certain"
        )


def test_needles_are_recalled_under_any_of_their_kinds() -> None:
    for kind, match in (("needle", "certain"), ("cartridge", "certain"), ("needle_bar", "certain"), ("tube", "")):
        assert level(f"{kind}, Bloodline, , , 201307", kind="needle", lots="201307") == match
    assert level("glove, Bloodline, , , 9", kind="glove", lots="9") == "certain"


def test_two_products_under_one_lot_code() -> None:
    found = stock(
        "pigment, Bloodline, Carolina Blue, , BL23", "pigment, Bloodline, Pony Pink, , BL23", "pigment, Bloodline, , , BL23",
        "pigment, Eternal, Carolina Blue, , BL23",
    )  # fmt: skip
    ((_, match, lots),) = matches(found, 0, listed(entry(**BLUE)), TODAY)
    assert (match, lots.rows.tolist(), lots.sure.tolist(), lots.products) == ("certain", [0, 2], [True, False], 1)


def exposed(found: Logs, recalls: RecallList, as_of: date = TODAY) -> dict[str, str]:
    """What the first recall that matches makes of each session."""
    _, _, lots = matches(found, 0, recalls, as_of)[0]
    reached = exposed_by_lots(found, 0, lots, as_of)
    ids = found.cells("sessions", "session_id")
    return {
        ids.text(int(row)): Because(int(why)).name for row, why in zip(reached.sessions, reached.because, strict=True)
    }


INVENTORY = "lot_id,item_type,brand,product,lot_number,received_on\n"
SUPPLIES = "session_id,item_type,brand,product,lot_number\n"


def sittings(*lines: str) -> tuple[str, str]:
    """Sessions S0, S1 … each with one entry of supplies."""
    sessions = "session_id,started_at\n" + "".join(f"S{n},2024-09-0{n + 1}\n" for n in range(len(lines)))
    return sessions, SUPPLIES + "".join(f"S{n},{line}\n" for n, line in enumerate(lines))


def test_sessions_that_name_the_product_beside_the_code_are_told_apart(tmp_path: Path) -> None:
    sessions, supplies = sittings(
        "pigment,Bloodline,Carolina Blue,BL23", "pigment,Bloodline,Pony Pink,BL23", "pigment,Bloodline,,BL23",
        "pigment,Bloodline,Carolina Blue,", "pigment,Bloodline,Pony Pink,", "pigment,Eternal,Carolina Blue,BL23", "glove,,,",
        "pigment,,,", "pigment,Bloodline,Carolina Blue,BL24",
    )  # fmt: skip
    wanted = {
        "S0": "named", "S1": "other_named", "S2": "lot_uncertain", "S3": "key_blank", "S4": "not_of_this", "S5": "other_named",
        "S6": "nothing_written", "S7": "key_blank", "S8": "other_named",
    }  # fmt: skip
    recalls = listed(entry(**BLUE))
    without = read(tmp_path, sessions=sessions, session_supplies=supplies).intake.logs
    assert exposed(without, recalls) == wanted
    (tmp_path / "both").mkdir()
    both = (
        INVENTORY
        + "L1,pigment,Bloodline,Carolina Blue,BL23,2024-08-01\nL2,pigment,Bloodline,Pony Pink,BL23,2024-08-01\n"
    )
    found = read(tmp_path / "both", sessions=sessions, session_supplies=supplies, supply_lots=both).intake.logs
    assert exposed(found, recalls) == wanted


def test_an_entry_that_contradicts_the_listed_lot_of_its_number_is_uncertain(tmp_path: Path) -> None:
    sessions, supplies = sittings("pigment,Bloodline,Carolina Blue,BL23", "pigment,Bloodline,Pony Pink,BL23")
    lots = INVENTORY + "L1,pigment,Bloodline,Carolina Blue,BL23,2024-08-01\n"
    found = read(tmp_path, sessions=sessions, session_supplies=supplies, supply_lots=lots).intake.logs
    assert exposed(found, listed(entry(**BLUE))) == {"S0": "named", "S1": "lot_uncertain"}
    pink = listed(entry(**(BLUE | {"product": "Pony Pink"})))
    assert [match for _, match, _ in matches(found, 0, pink, TODAY)] == ["possible"]
    assert exposed(found, pink) == {"S0": "other_named", "S1": "lot_uncertain"}


def test_an_entry_says_what_its_lot_leaves_blank(tmp_path: Path) -> None:
    sessions, supplies = sittings("pigment,Bloodline,Carolina Blue,BL23", "pigment,,,BL23")
    lots = INVENTORY + "L1,pigment,Bloodline,,BL23,2024-08-01\n"
    found = read(tmp_path, sessions=sessions, session_supplies=supplies, supply_lots=lots).intake.logs
    ((_, match, meant),) = matches(found, 0, listed(entry(**BLUE)), TODAY)
    assert (match, meant.sure.tolist()) == ("certain", [False])
    assert exposed(found, listed(entry(**BLUE))) == {"S0": "named", "S1": "lot_uncertain"}


def test_a_recall_of_every_lot_reaches_sessions_without_any_lot(tmp_path: Path) -> None:
    sessions, supplies = sittings("pigment,Inka,Black,", "pigment,Inka,Red,", "pigment,Nova,Black,", "pigment,,,")
    found = read(tmp_path, sessions=sessions, session_supplies=supplies).intake.logs
    recalls = listed(entry(brand="Inka", product="Black", lots="*"))
    assert exposed(found, recalls) == {"S0": "named", "S1": "not_of_this", "S2": "not_of_this", "S3": "key_blank"}


def test_a_studio_without_anything_of_the_brand_matches_nothing(tmp_path: Path) -> None:
    sessions, supplies = sittings("pigment,Nova,Black,7", "glove,,,")
    found = read(tmp_path, sessions=sessions, session_supplies=supplies).intake.logs
    assert matches(found, 0, recall_list(), TODAY) == ()
    assert matches(logs(), 0, recall_list(), TODAY) == ()


def test_lots_and_sessions_after_the_day_of_the_trace_are_not_looked_at(tmp_path: Path) -> None:
    sessions, supplies = sittings("pigment,Bloodline,Carolina Blue,BL23")
    found = read(tmp_path, sessions=sessions, session_supplies=supplies).intake.logs
    assert matches(found, 0, listed(entry(**BLUE)), date(2024, 8, 31)) == ()
    assert len(matches(found, 0, listed(entry(**BLUE)), date(2024, 9, 1))) == 1


@pytest.mark.parametrize(
    ("published", "before", "after"),
    [
        ("2024-08-23", ["A", "M1"], ["D", "B", "C"]),
        ("2024-08", ["M1"], ["C"]),
        ("2024", [], []),
        ("2023", [], ["A", "D", "M1", "M2", "B", "C"]),
        ("", [], []),
    ],
)  # fmt: skip
def test_use_before_and_after_publication(published: str, before: list[str], after: list[str]) -> None:
    found = logs(
        sessions="session_id, started_at\nA, 2024-08-22 23:59\nD, 2024-08-23\nB, 2024-08-24\nC, 2024-09-01\nM1, 2024-07\n"
        "M2, 2024-08\nU,\nX, 2024-09-02",
        supply_lots="lot_id, item_type, brand, product, lot_number\nL1, pigment, Bloodline, Carolina Blue, BL23\nL2, pigment, Nova, Red, 1",
        session_supplies="session_id, item_type, lot_id\n"
        + "\n".join(
            f"{id}, pigment, {'L2' if id == 'X' else 'L1'}" for id in ("A", "D", "B", "C", "M1", "M2", "U", "X")
        ),
    )
    recalls = listed(entry(**(BLUE | {"published": published})))
    recall, _, lots = matches(found, 0, recalls, TODAY)[0]
    reached = exposed_by_lots(found, 0, lots, TODAY)
    ids = found.cells("sessions", "session_id")
    told = [
        sorted(ids.text(int(reached.sessions[place])) for place in places) for places in uses(found, reached, recall)
    ]
    assert told == [sorted(before), sorted(after)]


def test_a_lot_whose_entry_names_no_session_may_still_be_on_the_shelf(tmp_path: Path) -> None:
    supplies = f"{SUPPLIES},pigment,Bloodline,Carolina Blue,BL23\n"
    found = read(tmp_path, sessions="session_id,started_at\n", session_supplies=supplies).intake.logs
    ((_, match, lots),) = matches(found, 0, listed(entry(**BLUE)), TODAY)
    assert (match, lots.sure.tolist(), lots.left_open.tolist()) == ("certain", [True], [True])


def test_entries_known_already_give_the_same_answer(tmp_path: Path) -> None:
    sessions, supplies = sittings("pigment,Bloodline,Carolina Blue,BL23", "pigment,,,")
    found = read(tmp_path, sessions=sessions, session_supplies=supplies).intake.logs
    every = entries_of(found, 0, TODAY)
    ((_, match, lots),) = matches(found, 0, listed(entry(**BLUE)), TODAY, every)
    again = exposed_by_lots(found, 0, lots, TODAY, entries=every)
    assert match == "certain"
    assert again.because.tolist() == exposed_by_lots(found, 0, lots, TODAY).because.tolist()


def test_studios_that_need_not_be_asked() -> None:
    found = logs(
        studios={"a": {}, "b": {}, "c": {}, "d": {}},
        supply_lots="studio_id, lot_id, item_type, brand, product, lot_number\na, L1, pigment, Bloodline, Carolina Blue, BL23\n"
        "b, L1, pigment, Nova, Red, 1",
        sessions="studio_id, session_id, started_at\nc, S1, 2024-09-01\nd, S1, 2024-09-01",
        session_supplies="studio_id, session_id, item_type, brand, product, lot_number\nc, S1, pigment, Bloodline, Carolina Blue,\n"
        "d, S1, pigment, Nova, Red,",
    )
    recalls = listed(entry(**BLUE))
    assert studios_near(found, recalls).tolist() == [0, 2]
    assert [bool(matches(found, studio, recalls, TODAY)) for studio in range(4)] == [True, False, True, False]


# The list as a file


def test_an_entry_is_read_as_it_is_written() -> None:
    (found,) = listed(
        entry(
            published="2020-05", also_called="Blood line; Sierra", maker="Sierra LLC", product="Blue; Red 30 ml", expires="2026-07",
            lots="10.19.18; 201307; 04.27.18; 007; 1-2", reason="microbes, found twice", read_on="2026-11-21",
        )
    ).entries  # fmt: skip
    assert found.lots == ("10.19.18", "201307", "04.27.18", "007", "1-2")
    assert (found.first, found.last) == (date(2020, 5, 1), date(2020, 5, 31))
    assert found.brands == ("Bloodline", "Blood line", "Sierra", "Sierra LLC")
    assert (found.products, found.expires) == (("Blue", "Red 30 ml"), ("2026-07",))
    assert (found.reason, found.read_on, found.file, found.line) == (
        "microbes, found twice",
        date(2026, 11, 21),
        "own.csv",
        2,
    )


def test_a_list_may_come_from_a_spreadsheet() -> None:
    text = f"\ufeff{HEAD}\r\n{entry(**BLUE).strip()}\r\n{',' * 12}\r\n"
    assert [each.id for each in read_recalls(text, "own.csv").entries] == ["R1"]
    assert read_recalls(f"{HEAD}\n", "own.csv").entries == ()


@pytest.mark.parametrize(
    ("cells", "mistake"),
    [
        ({"recall_id": ""}, "own.csv:2:1: recall_id: this cell must not be blank"),
        ({"brand": ""}, "own.csv:2:13: brand: this cell must not be blank"),
        ({"source": ""}, "source: this cell must not be blank"),
        ({"kind": "inks"}, "own.csv:2:8: kind: 'inks' is no kind"),
        ({"published": "23.08.2024"}, "own.csv:2:12: published: '23.08.2024' is not a day, a month or a year"),
        ({"published": "2024-13"}, "is not a day, a month or a year"),
        ({"published": "2024-02-30"}, "is not a day, a month or a year"),
        ({"read_on": "2026-11"}, "read_on: '2026-11' is not a day"),
        ({"lots": "*; BL23"}, "* means every lot, so it stands alone"),
        ({"lots": "BL23;"}, "nothing stands before, after or between semicolons"),
        ({"lots": "LOT"}, "'LOT' is no lot number"),
        ({"lots": "1.2024E+07"}, "a spreadsheet has shortened"),
        ({"product": "all"}, "leave the cell blank where it means every product"),
        ({"brand": "A; B"}, "one name; further ones stand under also_called"),
        ({"brand": "--"}, "'--' is no name"),
        ({"expires": "06/26"}, "expires: '06/26' is not a day, a month or a year"),
    ],
)
def test_a_mistake_is_told_with_its_place(cells: dict[str, str], mistake: str) -> None:
    with pytest.raises(SourceError) as error:
        listed(entry(**cells))
    assert mistake in str(error.value)
    assert all(each.file == "own.csv" and each.line == 2 for each in error.value.problems)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "own.csv:1:1: the file is empty"),
        (HEAD.replace("lots", "lot"), "own.csv:1:68: there is no column 'lot'"),
        (HEAD.replace(",maker", ""), "own.csv:1:1: the columns maker are missing"),
        (HEAD + ",brand", "own.csv:1:103: the column brand stands here a second time"),
        (HEAD.replace(",", ";"), "cells are parted by commas, not by semicolons"),
        (f"{HEAD}\n{entry().strip()},x\n", "own.csv:2:45: this line has 14 cells, the first one 13"),
        (f"{HEAD}\nR1,FDA\n", "own.csv:2:4: this line has 2 cells, the first one 13"),
        (f"{HEAD}\n{entry()}{entry()}", "own.csv:3:1: the entry 'R1' stands in line 2 already"),
        (f'{HEAD}\nR1,"FDA', "own.csv:2:4: the quote that opens here is never closed"),
        (f'{HEAD}\n{entry(authority="F").replace("F,", chr(34) + "F" + chr(34) + "x,")}', "own.csv:2:7: text stands after the closing quote"),
        (f"{HEAD}\n{entry().replace('FDA', 'F' + chr(34))}", "own.csv:2:5: a quote inside a cell"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_table_is_told_with_its_place(text: str, mistake: str) -> None:
    with pytest.raises(SourceError) as error:
        read_recalls(text, "own.csv")
    assert mistake in str(error.value)


def test_every_mistake_is_told_at_once_and_lines_count_as_an_editor_shows_them() -> None:
    first = entry(reason="two\nlines", kind="inks")
    with pytest.raises(SourceError) as error:
        read_recalls(f"{HEAD}\n{first}\n{entry(recall_id='R2', lots='LOT', published='soon')}", "own.csv")
    assert [(each.line, each.text.split(":")[0]) for each in error.value.problems] == [
        (2, "kind"),
        (5, "published"),
        (5, "lots"),
    ]


def test_a_newer_file_corrects_an_entry_of_the_shipped_list() -> None:
    text = f"{HEAD}\n{entry(recall_id='US-FDA-sacred-a', brand='Sacred', lots='RB0624; RB0724', read_on='2027-01-05')}"
    shipped, both = recall_list(), recall_list((text, "newer.csv"))
    assert len(both.entries) == len(shipped.entries)
    (corrected,) = (each for each in both.entries if each.id == "US-FDA-sacred-a")
    assert (corrected.file, corrected.lots) == ("newer.csv", ("RB0624", "RB0724"))
    assert [(name, count) for name, _, count, _ in both.files] == [
        ("rulesets/recalls.csv", len(shipped.entries)),
        ("newer.csv", 1),
    ]
    assert (shipped.as_of, both.as_of) == (date(2026, 11, 21), date(2027, 1, 5))


def test_a_mistake_in_a_newer_file_names_that_file() -> None:
    with pytest.raises(SourceError, match=r"newer\.csv:1:1"):
        recall_list(("", "newer.csv"))


def test_the_shipped_list() -> None:
    found = {each.id: each for each in recall_list().entries}
    assert all(each.read_on == date(2026, 11, 21) and each.source.startswith("https://") for each in found.values())
    assert all((each.first is None) == (each.published == "") for each in found.values())
    assert (found["US-FDA-sacred-a"].published, found["US-FDA-sacred-a"].lots) == ("2025-05-07", ("RB0624",))
    assert found["US-FDA-2019-05-a"].lots == ("*",)
    assert found["A12/0026/14"].lots == ()
    assert found["RAPEX-2020-18-solid-salmon"].last == date(2020, 5, 31)
    assert found["US-FDA-2019-05-c"].lots == ("10.19.18",)
    assert len(found["US-FDA-2014-07-b"].lots) == 6


@pytest.mark.parametrize(
    ("lot", "id"),
    [
        ("pigment, Bloodline, ALL PURPOSE BLACK, , Batch #1 Lot BL23", "US-FDA-2024-08-b"),
        ("pigment, Sierra Stain LLC, UV China Pink 15mL, , SC23", "US-FDA-2024-08-c"),
        ("pigment, Scalpaink SC, Basic Black, , 881", "US-FDA-2019-05-a"),
        ("pigment, Scalp Aesthetics, Scalpaink PA, , 881", "US-FDA-2019-05-a"),
        ("pigment, Solid Ink, Diablo Red, , 10.19.18", "US-FDA-2019-05-c"),
        ("pigment, Intenze, , Dark Chocolate, SS202", "A12/1193/15"),
        ("pigment, Fusion Ink, Mixing Yellow, , 011-1D20211121", "A12/01126/20"),
        ("needle, White & Blue Lion, 1203RL, , 201307", "US-FDA-2014-07-b"),
    ],
)
def test_a_lot_of_the_shipped_list_is_found(lot: str, id: str) -> None:
    found = matches(stock(lot), 0, recall_list(), TODAY)
    assert [(recall.id, match) for recall, match, _ in found if match == "certain"] == [(id, "certain")]


def test_the_list_lies_beside_the_rulesets_and_is_none() -> None:
    assert "recalls.csv" not in library(packaged())
    assert (packaged() / "recalls.csv").is_file()
