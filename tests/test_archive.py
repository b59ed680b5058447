"""A ZIP archive of a studio's files: each file by itself, nothing believed, nothing lost in silence."""

import hashlib
import io
import json
import os
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from smpcompliance.cli import main
from smpcompliance.logs.intake.folder import PROFILE as IS_PROFILE
from smpcompliance.logs.intake.folder import Reading, find_studios, read_folders
from smpcompliance.logs.intake.places import archive
from smpcompliance.logs.intake.places.archive import look_into, unpack
from smpcompliance.logs.intake.places.refused import ARCHIVE, NothingToRead, Refused
from smpcompliance.logs.intake.raw import NotReadable, SourceFile
from smpcompliance.yamlio import SourceError

PROFILE = "studio_id: one\njurisdiction: US-CA\n"
SESSIONS = "session_id,started_at\nS1,2026-10-02\n"
LINK = 0o120777 << 16


def entry(name: str, **how: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = 0o100644 << 16
    for key, value in how.items():
        setattr(info, key, value)
    return info


def packed(*files: tuple[str | zipfile.ZipInfo, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method) as file:
        warnings.simplefilter("ignore")
        for name, data in files:
            file.writestr(name if isinstance(name, zipfile.ZipInfo) else entry(name), data, method)
    return out.getvalue()


def members(data: bytes, name: str = "usb.zip") -> dict[str, str]:
    """Each file of an archive with its text, or with the reason why it is not read."""
    found = look_into(SourceFile(name, data))
    read = [unpack(found, member, member.name) for member in found.members]
    return {each.name: each.reason if isinstance(each, Refused) else each.data.decode() for each in read}


def read(*given_: Path | SourceFile) -> Reading:
    return read_folders(find_studios(given_))


def said(reading: Reading) -> dict[str, str]:
    return {file.file: file.problem for file in reading.files}


def test_the_files_of_an_archive_are_read_and_hashed_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "studio.zip"
    path.write_bytes(packed(("studio.yaml", PROFILE), ("sessions.csv", SESSIONS), ("autoclave/", "")))
    reading = read(path)
    assert said(reading) == {"studio.zip": ARCHIVE, "studio.yaml": IS_PROFILE, "sessions.csv": ""}
    assert {file.file: file.sha256 for file in reading.files} == {
        "studio.zip": hashlib.sha256(path.read_bytes()).hexdigest(),
        "studio.yaml": hashlib.sha256(PROFILE.encode()).hexdigest(),
        "sessions.csv": hashlib.sha256(SESSIONS.encode()).hexdigest(),
    }
    assert not any(file.is_left_out for file in reading.files)
    assert [studio.studio_id for studio in reading.intake.logs.studios] == ["one"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_may_have_a_folder_around_everything(tmp_path: Path, method: int) -> None:
    path = tmp_path / "export 2026.zip"
    path.write_bytes(packed(("ink & iron/sessions.csv", SESSIONS), ("ink & iron/autoclave/a.pdf", "x"), method=method))
    reading = read(path)
    assert set(said(reading)) == {"export 2026.zip", "sessions.csv", "autoclave/a.pdf"}
    assert reading.intake.logs.studios[0].studio_id == "ink & iron"


def test_files_at_the_top_of_an_archive_make_a_studio_of_the_archives_name(tmp_path: Path) -> None:
    path = tmp_path / "needle point.zip"
    path.write_bytes(packed(("sessions.csv", SESSIONS), ("deep/clients.csv", "client_id\nC1\n")))
    assert read(path).intake.logs.studios[0].studio_id == "needle point"
    assert read(SourceFile("stdin", path.read_bytes())).intake.logs.studios[0].studio_id == "stdin"


@pytest.mark.parametrize("top", ["", "all/"])
def test_an_archive_may_hold_several_studios(tmp_path: Path, top: str) -> None:
    path = tmp_path / "all.zip"
    files = [
        (f"{top}{name}/{file}", text)
        for name in "ab"
        for file, text in (("studio.yaml", ""), ("sessions.csv", SESSIONS))
    ]
    path.write_bytes(packed(*files, (f"{top}c/sessions.csv", SESSIONS), (f"{top}readme.md", "x")))
    reading = read(path)
    assert [studio.studio_id for studio in reading.intake.logs.studios] == ["a", "b"]
    assert [(file.studio, file.file) for file in reading.files if file.log] == [
        (0, "sessions.csv"),
        (1, "sessions.csv"),
    ]
    beside = [file for file in reading.files if file.is_left_out]
    assert [(file.studio, file.file) for file in beside] == [(0, f"{top}c/sessions.csv")]
    assert "beside the studios' folders" in beside[0].problem


def test_the_audit_of_an_archive_is_that_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "studio.yaml").write_text(PROFILE)
    (folder / "sessions.csv").write_text(SESSIONS)
    (tmp_path / "one.zip").write_bytes(packed(("one/studio.yaml", PROFILE), ("one/sessions.csv", SESSIONS)))
    how = ["--as-of", "2026-11-10", "--allow-incomplete", "--fail-on", "never", "--report", "json=-"]
    run = CliRunner().invoke
    by_folder = json.loads(run(main, ["audit", str(folder), *how]).stdout)
    by_archive = json.loads(run(main, ["audit", str(tmp_path / "one.zip"), *how]).stdout)
    by_stdin = json.loads(run(main, ["audit", "-", *how], input=(tmp_path / "one.zip").read_bytes()).stdout)
    assert [i["file"] for i in by_archive["inputs"]] == ["one.zip", "sessions.csv", "studio.yaml"]
    assert [i["file"] for i in by_stdin["inputs"]] == ["sessions.csv", "stdin", "studio.yaml"]
    for found in (by_archive, by_stdin):
        found["inputs"] = [each for each in found["inputs"] if each["file"] in ("sessions.csv", "studio.yaml")]
        assert found == by_folder


def test_a_table_on_stdin_is_refused_with_what_is_expected() -> None:
    result = CliRunner().invoke(main, ["audit", "-"], input=SESSIONS)
    assert result.exit_code == 2
    assert "expected a ZIP archive of a studio's folder" in result.stderr
    assert CliRunner().invoke(main, ["doctor", "-"], input=b"").exit_code == 2
    twice = CliRunner().invoke(main, ["audit", "-", "-"], input=packed(("sessions.csv", SESSIONS)))
    assert "once only" in twice.stderr


def test_doctor_reads_archives_too(tmp_path: Path) -> None:
    path = tmp_path / "one.zip"
    path.write_bytes(packed(("studio.yaml", PROFILE), ("sessions.csv", SESSIONS), ("../x.csv", "a")))
    result = CliRunner().invoke(main, ["doctor", str(path)])
    assert result.exit_code == 0
    assert "sessions.csv → sessions" in result.stdout
    assert "leads out of the archive" in result.stdout


def test_an_archive_in_a_studios_folder_is_read_in_place(tmp_path: Path) -> None:
    (tmp_path / "usb.zip").write_bytes(
        packed(("autoclave/spore_tests.csv", "spore_test_id\nT1\n"), ("inner.zip", packed(("sessions.csv", SESSIONS))))
    )
    (tmp_path / "sessions.csv").write_text(SESSIONS)
    reading = read(tmp_path)
    assert said(reading)["usb.zip"] == ARCHIVE
    assert said(reading)["usb.zip/autoclave/spore_tests.csv"] == ""
    assert "archive within an archive" in said(reading)["usb.zip/inner.zip"]
    assert len(reading.intake.logs.log("sessions")) == len(reading.intake.logs.log("spore_tests")) == 1


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04 torn", b"PK\x05\x06", b"", b"Rar!\x1a\x07", packed(("a.csv", "a"))[:-30]]
)
def test_a_damaged_archive_in_a_folder_does_not_stop_the_others(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "usb.zip").write_bytes(data)
    (tmp_path / "sessions.csv").write_text(SESSIONS)
    reading = read(tmp_path)
    assert said(reading)["sessions.csv"] == ""
    (bad,) = (file for file in reading.files if file.is_left_out)
    assert bad.file == "usb.zip" and bad.sha256 == hashlib.sha256(data).hexdigest()
    with pytest.raises(NothingToRead):
        find_studios([tmp_path / "usb.zip"])


def test_another_studio_in_a_studios_folder_is_not_mixed_with_it(tmp_path: Path) -> None:
    (tmp_path / "sessions.csv").write_text(SESSIONS)
    (tmp_path / "studio.yaml").write_text("")
    (tmp_path / "old" / "deep").mkdir(parents=True)
    for place in (tmp_path / "old", tmp_path / "old" / "deep"):
        (place / "studio.yaml").write_text("")
        (place / "sessions.csv").write_text(SESSIONS.replace("S1", "S2"))
    (tmp_path / "usb.zip").write_bytes(packed(("b/studio.yaml", ""), ("b/sessions.csv", SESSIONS.replace("S1", "S3"))))
    reading = read(tmp_path)
    assert [file for file, problem in said(reading).items() if "another studio" in problem] == ["old/", "usb.zip"]
    assert len(reading.intake.logs.log("sessions")) == 1


def test_what_is_left_alone_in_a_folder_is_left_alone_in_an_archive() -> None:
    names = ("__MACOSX/._sessions.csv", ".DS_Store", "~$sessions.xlsx", "blank logs/clients.csv", "a/.git/x.csv")
    data = packed(("sessions.csv", SESSIONS), *((name, "x") for name in names))
    assert set(said(read(SourceFile("stdin", data)))) == {"stdin", "sessions.csv"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../sessions.csv", "leads out"),
        ("a/../../sessions.csv", "leads out"),
        ("/etc/sessions.csv", "leads out"),
        ("C:/sessions.csv", "leads out"),
        ("c:sessions.csv", "leads out"),
        ("a\\sessions.csv", "backslash"),
        ("..\\sessions.csv", "backslash"),
        ("a//b.csv", "no path"),
        ("./b.csv", "no path"),
        ("b\x1b[2J.csv", "control characters"),
        ("x" * 1200 + ".csv", "at most"),
    ],
)
def test_a_name_that_plays_tricks_is_refused_by_itself(name: str, words: str) -> None:
    found = members(packed((name, "x"), ("clients.csv", "client_id\n")))
    assert found.pop("clients.csv") == "client_id\n"
    ((shown, reason),) = found.items()
    assert words in reason
    assert shown.isprintable() and len(shown) < 1100


def test_a_name_with_a_nul_is_refused() -> None:
    data = packed(("clientsX.csv", "x"), ("sessions.csv", SESSIONS)).replace(b"clientsX.csv", b"clients\0.csv")
    found = members(data)
    assert found["sessions.csv"] == SESSIONS
    assert "control characters" in found["clients\\x00.csv"]


def test_two_files_of_one_name_are_both_refused() -> None:
    found = members(packed(("Sessions.csv", "a"), ("sessions.CSV", "b"), ("clients.csv", "c"), ("a/clients.csv", "d")))
    assert found["clients.csv"] == "c" and found["a/clients.csv"] == "d"
    assert all("which of them counts cannot be told" in found[name] for name in ("Sessions.csv", "sessions.CSV"))
    both = look_into(SourceFile("usb.zip", packed(("sessions.csv", "a"), ("sessions.csv", "b"))))
    assert [bool(member.problem) for member in both.members] == [True, True]


def test_links_pipes_and_passwords_are_refused() -> None:
    data = packed(
        (entry("sessions.csv", external_attr=LINK), "/etc/passwd"),
        (entry("clients.csv", external_attr=0o010644 << 16), ""),
        ("staff.csv", "practitioner_id\n"),
    )
    found = members(data)
    assert "a link" in found["sessions.csv"] and "neither a file" in found["clients.csv"]
    assert found["staff.csv"] == "practitioner_id\n"
    locked = bytearray(packed(("staff.csv", "practitioner_id\n")))
    locked[6] |= 1
    locked[locked.find(b"PK\x01\x02") + 8] |= 1
    assert "password" in members(bytes(locked))["staff.csv"]


def test_another_way_of_packing_is_named() -> None:
    found = members(packed(("a.csv", "a" * 99), method=zipfile.ZIP_LZMA))
    assert "LZMA" in found["a.csv"]


def test_names_in_utf_8_and_in_the_old_code_page() -> None:
    flagged = packed(("Kühl é.csv", "a"))
    assert members(flagged) == {"Kühl é.csv": "a"}
    unflagged = bytearray(flagged)
    unflagged[7] &= 0xF7
    unflagged[unflagged.find(b"PK\x01\x02") + 9] &= 0xF7
    assert members(bytes(unflagged)) == {"Kühl é.csv": "a"}
    assert members(packed(("KuhlX.csv", "a")).replace(b"KuhlX", b"K\x81hl!")) == {"Kühl!.csv": "a"}
    decomposed = packed(("Ku\u0308hl.csv", "a"))
    assert members(decomposed) == {"Kühl.csv": "a"}


def test_a_file_larger_than_the_archive_says_is_refused() -> None:
    data = bytearray(packed(("a.csv", "a" * 1000), ("b.csv", "b")))
    for at in (22, data.find(b"PK\x01\x02") + 24):
        data[at : at + 4] = struct.pack("<L", 10)
    found = members(bytes(data))
    assert "holds more than the 10 bytes" in found["a.csv"] and found["b.csv"] == "b"


def test_a_file_with_a_wrong_checksum_is_refused() -> None:
    data = packed(("a.csv", "aaaa"), ("b.csv", "b"), method=zipfile.ZIP_STORED).replace(b"aaaa", b"aaab")
    found = members(data)
    assert "checksum" in found["a.csv"] and found["b.csv"] == "b"


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "UNSUSPICIOUS", 10_000)
    found = members(packed(("zeros.csv", bytes(1_000_000)), ("sessions.csv", SESSIONS)))
    assert "times as many" in found["zeros.csv"] and found["sessions.csv"] == SESSIONS


def test_all_files_together_have_a_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "UNSUSPICIOUS", 10_000)
    monkeypatch.setattr(archive, "MOST_TIMES", 2)
    found = members(packed(*((f"{n}.csv", bytes(4000)) for n in range(9))))
    assert [name for name, text in found.items() if not text.strip("\0")] == ["0.csv", "1.csv"]
    assert "together" in found["2.csv"] or "would hold more" in found["2.csv"]


def test_an_archive_of_too_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_MEMBERS", 5)
    with pytest.raises(NotReadable, match="more than 5 files"):
        members(packed(*((f"{n}.csv", "") for n in range(6))))


def test_entries_that_share_their_bytes_are_refused() -> None:
    one = packed(("a.csv", "aaaa"), ("c.csv", "c"), method=zipfile.ZIP_STORED)
    at = one.find(b"PK\x01\x02")
    record = one[at : at + 46 + 5]
    twice = one[:at] + record + one[at:-22] + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 3, 3, 3 * 51, at, 0)
    found = look_into(SourceFile("usb.zip", twice))
    assert [(member.name, bool(member.problem)) for member in found.members] == [
        ("a.csv", True),
        ("a.csv", True),
        ("c.csv", False),
    ]


def test_a_studio_yaml_that_cannot_be_unpacked_is_a_mistake_in_it() -> None:
    data = packed((entry("studio.yaml", external_attr=LINK), "x"), ("sessions.csv", SESSIONS))
    with pytest.raises(SourceError, match="studio.yaml:1:1: it is a link"):
        find_studios([SourceFile("stdin", data)])
    with pytest.raises(SourceError, match="at most"):
        find_studios([SourceFile("stdin", packed(("studio.yaml", os.urandom(1_100_000).hex())))])


@pytest.mark.parametrize("first", ["[Content_Types].xml", "mimetype"])
def test_a_workbook_is_no_archive_of_logs(tmp_path: Path, first: str) -> None:
    data = packed((first, "x"), ("xl/worksheets/sheet1.xml", "x"))
    assert not archive.is_archive(SourceFile("book.xlsx", data))
    (tmp_path / "book.zip").write_bytes(data)
    (tmp_path / "sessions.csv").write_text(SESSIONS)
    assert set(said(read(tmp_path))) == {"book.zip", "sessions.csv"}
    with pytest.raises(NothingToRead, match="a file of another kind"):
        find_studios([tmp_path / "book.zip"])


def test_an_empty_archive_is_nothing_to_read() -> None:
    with pytest.raises(NothingToRead, match="archive is empty"):
        find_studios([SourceFile("stdin", packed(("__MACOSX/x", "x")))])


def test_sizes_of_zip64_are_understood() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file, file.open(entry("a.csv"), "w", force_zip64=True) as member:
        member.write(b"a,b\n")
    assert members(out.getvalue()) == {"a.csv": "a,b\n"}


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    for source in (data, b"PK\x03\x04" + data, b"PK\x05\x06" + data):
        try:
            found = look_into(SourceFile("usb.zip", source))
        except NotReadable:
            continue
        for member in found.members:
            unpack(found, member, member.name)


@given(st.data())
def test_a_changed_archive_never_gives_other_bytes(data: st.DataObject) -> None:
    whole = packed(("a/sessions.csv", SESSIONS * 3), ("b.csv", "b"), method=data.draw(st.sampled_from([0, 8])))
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = look_into(SourceFile("usb.zip", bytes(changed)))
    except NotReadable:
        return
    known = {zlib.crc32((SESSIONS * 3).encode()), zlib.crc32(b"b")}
    for member in found.members:
        each = unpack(found, member, member.name)
        if not isinstance(each, Refused) and zlib.crc32(each.data) in known:
            assert each.data in ((SESSIONS * 3).encode(), b"b")
