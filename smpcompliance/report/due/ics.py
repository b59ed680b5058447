"""What is due, as a calendar (RFC 5545): one event of whole days for each thing that has a day.

The identity of an event (UID) names the duty and its subject and not the day, so that a later list moves an event
instead of adding another; its revision (SEQUENCE) is the number of the day of the list. Something overdue lasts from
its last day in time through the day of the list, so that nobody has to look for it in the past.
"""

from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from smpcompliance.audit.due import Due, DueList
from smpcompliance.report.sections.due_next import conditions, whom
from smpcompliance.report.sections.opening import said_day
from smpcompliance.report.sections.places import place
from smpcompliance.report.untrusted import clean
from smpcompliance.report.words import Words

_REMINDER = timedelta(days=7)
_LONGEST = 2000  # characters of a line of a description


def report(found: DueList, words: Words) -> bytes:
    """The calendar, UTF-8. What cannot be told or has no day is not in it; its description says how much that is."""
    calendar = Calendar()
    calendar.add("prodid", f"-//smpcompliance//due {found.version}//{words.language.upper()}")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", clean(_name(found, words)))
    if about := _about(found, words):
        calendar.add("x-wr-caldesc", about)
    many = len(found.studios) > 1
    for each in found.due:
        if each.due_on or each.late:
            calendar.add_component(_event(each, found, words, many))
    return bytes(calendar.to_ical())


def _name(found: DueList, words: Words) -> str:
    day = said_day(found.as_of, words)
    if len(found.studios) == 1:
        return words("due.calendar", studio=found.studios[0].name, day=day)
    return words("due.calendar_many", n=len(found.studios), day=day)


def _about(found: DueList, words: Words) -> str:
    undated = sum(not each.due_on and not each.late for each in found.due)
    said = [words("due.calendar_open", n=len(found.untold))] if found.untold else []
    said += [words("due.calendar_undated", n=undated)] if undated else []
    return " ".join(said)


def _event(each: Due, found: DueList, words: Words, many: bool) -> Event:
    first = each.due_on or found.as_of
    last = max(first, found.as_of) if each.late else first
    what = words("due.event", what=each.rule.title, whom=whom(each, words))
    what = f"{each.studio_id}: {what}" if many else what
    event = Event()
    event.add("uid", each.uid)
    event.add("dtstamp", datetime(found.as_of.year, found.as_of.month, found.as_of.day, tzinfo=UTC))
    event.add("sequence", found.as_of.toordinal())
    event.add("dtstart", first)
    event.add("dtend", last + timedelta(days=1))
    event.add("summary", clean(words("due.event_late", what=what) if each.late else what))
    event.add("description", "\n".join(clean(line, _LONGEST) for line in _lines(each, words)))
    event.add("categories", [each.severity])
    event.add("transp", "TRANSPARENT")
    if not each.late:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", -_REMINDER)
        alarm.add("description", clean(words("due.reminder", what=what)))
        event.add_component(alarm)
    return event


def _lines(each: Due, words: Words) -> list[str]:
    lines = [*conditions(each, words), each.why]
    lines += [place(each.evidence, words)] if each.evidence.file else []
    citation = each.rule.citation.text
    lines.append(words("due.law", citation=citation, rule=each.rule.id, severity=words(f"severity.{each.severity}")))
    return [*lines, *([words("due.remedy", remedy=each.rule.remedy)] if each.rule.remedy else [])]
