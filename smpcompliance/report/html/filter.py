"""What a reader may choose: severities and a log. The script shows it; without it everything is shown."""

from smpcompliance.report.html.markup import Attributes, Markup, element, together
from smpcompliance.report.html.outline import Nested, parts_of
from smpcompliance.report.words import Words
from smpcompliance.rules.rule import SEVERITIES


def chooser(nested: Nested, words: Words) -> Markup:
    """What to choose from; empty where no part of the page is about a severity or a log."""
    headings = [part.heading for top in parts_of(nested) for part in top.every() if part.chosen]
    severities = [severity for severity in SEVERITIES if any(h.severity == severity for h in headings)]
    logs = sorted({log for heading in headings for log in heading.logs})
    if not headings:
        return Markup("")
    said: Attributes = {
        "id": "filter",
        "data-shown": words("html.filter.shown", shown="{shown}", all="{all}"),
        "data-here": words("html.filter.here", hidden="{hidden}", all="{all}"),
    }
    boxes = together(_box(severity, words) for severity in severities)
    legend = element("legend", {}, words("html.filter.severity"))
    chosen = element(
        "div",
        said,
        element("fieldset", {}, together((legend, boxes))) if severities else Markup(""),
        _logs(logs, words) if logs else Markup(""),
    )
    return element("details", {"hidden": True}, element("summary", {}, words("html.filter.title")), chosen)


def _box(severity: str, words: Words) -> Markup:
    box = element("input", {"type": "checkbox", "name": "severity", "value": severity, "checked": True})
    return element("label", {}, box, Markup(" "), element("span", {"class": severity}, words(f"severity.{severity}")))


def _logs(logs: list[str], words: Words) -> Markup:
    options = (element("option", {"value": log}, words(f"logs.{log}")) for log in logs)
    every = element("option", {"value": ""}, words("html.filter.every_log"))
    choice = element("select", {"name": "log", "id": "log"}, together((every, *options)))
    return element("p", {}, element("label", {"for": "log"}, words("html.filter.log")), choice)


def shown_note(words: Words) -> Markup:
    """The line that says how much is shown, while something is hidden, with the way back."""
    button = element("button", {"type": "button", "hidden": True}, words("html.filter.show_all"))
    return element("div", {"class": "shown", "id": "shown"}, element("p", {"role": "status"}), button)
