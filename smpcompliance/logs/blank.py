"""What the blank logs that `init` writes are told by, so that what is not a record is never read as one."""

BLANK_LOGS = "blank logs"
"""Folder of a studio in which empty logs lie to be filled in; it is not read: a log handed in empty is a statement."""

EXAMPLE = "(example)"
"""First cell of a row that only shows how a record looks."""

HOW_TO, LISTS = "how to", "lists"
"""Sheets that are no logs: the one that explains, and the hidden one with the words of long drop-downs."""
