"""A folder of plain tables loads no reader of anything else, and nothing is read otherwise for that."""

import subprocess
import sys
from pathlib import Path

import pytest

from smpcompliance.logs.intake.exports.export_file import export_files, fits, places
from smpcompliance.logs.intake.heads.meaning import STUDIO
from smpcompliance.logs.intake.identify import own_heads
from smpcompliance.logs.intake.printout.marks import may_be_printout
from smpcompliance.logs.intake.printout.read import shipped
from smpcompliance.logs.profile import PROFILE
from smpcompliance.logs.schema import LOGS

READ = """
import sys
from pathlib import Path
from smpcompliance.logs.intake.folder import find_studios, read_folders
read_folders(find_studios([Path(sys.argv[1])]))
names = ("exports", "printout.read", "printout.profile", "tables.workbook", "tables.parquet")
print([name for name in names if any(f"intake.{name}" in loaded for loaded in sys.modules)], "pandas" in sys.modules)
"""


def test_a_folder_of_tables_in_our_own_words_loads_no_other_reader(tmp_path: Path) -> None:
    (tmp_path / "sessions.csv").write_text(
        "session_id,started_at,client_id,consent_signed_at,needle_lot_number\n"
        "S1,2026-03-04 14:00,C1,2026-03-04 13:50,N1\n"
    )
    (tmp_path / "supply_lots.csv").write_text("lot_id,item_type,lot_number\nL1,needle,N1\n")
    done = subprocess.run([sys.executable, "-c", READ, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] False"


def test_no_known_export_has_only_heads_of_our_own() -> None:
    own = {STUDIO.column, *PROFILE}.union(*map(own_heads, LOGS))
    for name, export in export_files().items():
        met = [any(fits(one, head) for one in places(said) for head in own) for said in export.known_by]
        assert not all(met), name


@pytest.mark.parametrize("profile", shipped(), ids=lambda profile: profile.device)
def test_a_file_with_all_marks_of_a_profile_may_be_a_printout(profile) -> None:
    printed = "\n".join(profile.marks)
    for encoding in ("utf-8", "utf-8-sig", "iso-8859-1", "utf-16"):
        assert may_be_printout(printed.encode(encoding))
    for mark in profile.marks:
        assert not may_be_printout(printed.replace(mark.split()[0], "").encode()), mark
