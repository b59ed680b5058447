"""Strict YAML: only what is meant is read, and every mistake has a line and a column."""

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from smpcompliance.yamlio import SourceError, parse


def test_only_true_false_whole_numbers_decimals_and_null_are_recognised() -> None:
    text = "a: [NO, yes, on, 1:30, 010, 0x1F, 1e3, 2025-01-01, .5, true, false, -3, 0, 1.50, null, ~]"
    assert parse(text, "f").data["a"] == [
        "NO", "yes", "on", "1:30", "010", "0x1F", "1e3", "2025-01-01", ".5", True, False, -3, 0, 1.5, None, None,
    ]  # fmt: skip


def test_quoted_text_stays_text() -> None:
    assert parse("a: '5'\nb: \"true\"\nc: |\n  1\n", "f").data == {"a": "5", "b": "true", "c": "1\n"}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", (3, 1), "second time"),
        ("a: &x 1\n", (1, 4), "anchor"),
        ("a: [1]\nb: *a\n", (2, 4), "alias"),
        ("a: !!python/object:os.system x\n", (1, 4), "tag"),
        ("a: 1\n---\nb: 2\n", (2, 1), "second document"),
        ("a: [1\nb: 2\n", (2, 1), "not YAML"),
        ("? [a, b]\n: 1\n", (1, 3), "key must be a word"),
    ],
)
def test_what_strict_yaml_refuses_has_its_place(text: str, place: tuple[int, int], words: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(text, "f.yaml")
    problem = caught.value.problems[0]
    assert words in problem.text
    assert (problem.line, problem.column) == place or "not YAML" in problem.text


def test_all_mistakes_come_at_once_in_order() -> None:
    with pytest.raises(SourceError) as caught:
        parse("a: 1\na: 2\nb: &x 1\nb: 2\n", "f.yaml")
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4]


def test_a_mistake_of_a_typed_field_stands_at_its_key() -> None:
    class Inner(BaseModel):
        model_config = ConfigDict(extra="forbid")
        n: int

    class Outer(BaseModel):
        parts: list[Inner]

    document = parse("parts:\n  - n: 1\n  - n: x\n    m: 2\n", "f.yaml")
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(document.data)
    assert [(p.line, p.column) for p in document.problems_of(caught.value)] == [(3, 5), (4, 5)]


def test_a_place_that_is_not_in_the_file_is_that_of_its_nearest_ancestor() -> None:
    document = parse("check:\n  kind: record\n", "f.yaml")
    assert document.where(("check", "where", "x")) == (1, 1)
