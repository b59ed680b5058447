"""The law itself, told to people: a page per rule and place, places side by side, and what differs between two.

Pages are Markdown, made from rulesets alone: the same rulesets give the same bytes.
"""
