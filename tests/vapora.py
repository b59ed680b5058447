"""The invented sterilizer of the page on devices: its tickets and its profile, as the page shows them."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[1] / "docs" / "devices.md").read_text("utf-8")
FENCED = re.findall(r"(?ms)^```(\w*)\n(.*?)^```$", PAGE)
PROFILE = next(text for kind, text in FENCED if kind == "yaml")
GOOD, FAILED = (text for kind, text in FENCED if kind == "text")
