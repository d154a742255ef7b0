"""Every example in README and the documentation does what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

import pages

EXAMPLES = [
    page
    for page in pages.pages()
    if any(b.language == "console" for b in pages.blocks(page.read_text().split("\n")))
]


def test_the_readme_and_the_tutorial_have_examples() -> None:
    names = {page.name for page in EXAMPLES}
    assert {"README.md", "tutorial.md"} <= names


@pytest.mark.parametrize(
    "page", [pytest.param(p, id=str(p.relative_to(pages.ROOT))) for p in EXAMPLES]
)
def test_every_example_of_a_page_does_what_it_shows(page: Path) -> None:
    assert pages.difference(page) == ""


@pytest.mark.parametrize(
    ("expected", "printed", "agree"),
    [
        ([], [], True),
        (["a"], ["a"], True),
        (["a"], ["b"], False),
        (["a ... c"], ["a b c"], True),
        (["a", "...", "d"], ["a", "b", "c", "d"], True),
        (["a", "..."], ["a"], True),
        (["a"], ["a", "b"], False),
    ],
)
def test_three_dots_stand_for_any_text_and_nothing_else_does(
    expected: list[str], printed: list[str], agree: bool
) -> None:
    assert pages.matches(expected, printed) is agree


def test_no_page_shows_a_traceback_or_a_path_of_this_machine() -> None:
    for page in EXAMPLES:
        text = page.read_text("utf-8")
        assert "Traceback (most" not in text
        assert str(pages.ROOT) not in text


def test_an_output_that_changed_is_shown_as_a_difference() -> None:
    page = "```console\n$ echo two\none\n```\n"
    assert pages.replay(page) == "```console\n$ echo two\ntwo\n```\n"


def test_files_of_a_page_are_there_for_its_commands() -> None:
    file = '```toml title="a/b.toml"\nx = 1\n```\n'
    page = f"{file}\n```console\n$ cat a/b.toml\nx = 1\n```\n"
    assert pages.replay(page) == page
