"""Blocks of scripts: what PEP 723 says, and what is no block (RCP-01, RCP-02)."""

from __future__ import annotations

import io
import re
import tokenize
import tomllib

from hypothesis import example, given
from hypothesis import strategies as st

from runspec.errors import Fault
from runspec.source.script import Block, find_block, is_enough
from runspec.source.toml import parse_toml

PEP_723 = r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$"
"""The expression that PEP 723 gives, word for word."""

COMMENTS = (
    *(
        "# /// script",
        "# ///",
        "# /// other",
        "# /// script ",
        "#/// script",
        "# //// x",
    ),
    *(
        "#",
        "# ",
        "# name = 'a'",
        "# [tool.runspec]",
        "# # ///",
        "#x",
        "#!/bin/env python",
    ),
    *(
        "# /// ",
        "# /// scri pt",
        "#\t",
        "#  ///",
        "# /// a-1",
        "",
        " ",
        "x = 1",
        " # ///",
    ),
)
FRAGMENTS = (
    *('"""', "'''", '"', "'", "\\", "#", "\n", "x", " = ", "r", "b", '"a"', "'b'"),
    *('"""a\n', "\n# /// script\n", "\n# a\n# ///\n", "'''\n", '"""\n', "\\\n", "\\'"),
)


def by_the_expression(text: str) -> list[tuple[int, str]]:
    """Line and content of each script block, as the PEP's own code has them."""
    return [
        (
            text.count("\n", 0, match.start()) + 1,
            "".join(
                line[2:] if line.startswith("# ") else line[1:]
                for line in match["content"].splitlines(keepends=True)
            ),
        )
        for match in re.finditer(PEP_723, text)
        if match["type"] == "script"
    ]


def found(data: bytes) -> Block | str:
    """The block, or the code of the fault."""
    block = find_block(data, "x.py")
    return block.code if isinstance(block, Fault) else block


@given(st.lists(st.sampled_from(COMMENTS), max_size=14).map("\n".join), st.booleans())
@example("# /// script\n# ///", True)
@example("# /// script\n#\n# ///\n#\n# ///\n#", False)
def test_without_strings_blocks_are_those_of_the_expression(
    text: str, ended: bool
) -> None:
    text += "\n" if ended else ""
    expected = by_the_expression(text)
    block = found(text.encode())
    if not expected:
        assert block in ("no-recipe", "block-unclosed")
    elif len(expected) > 1:
        assert block == "block-repeated"
    else:
        assert isinstance(block, Block)
        assert (block.line, block.text + "\n") == expected[0]


@given(
    st.lists(st.sampled_from(COMMENTS), max_size=14), st.sampled_from(["\r\n", "\r"])
)
def test_line_ends_and_a_byte_order_mark_change_nothing(
    lines: list[str], end: str
) -> None:
    plain = found("\n".join(lines).encode())
    other = found(b"\xef\xbb\xbf" + end.join(lines).encode())
    if isinstance(plain, Block):
        assert isinstance(other, Block)
        assert (other.text, other.line) == (plain.text, plain.line)
    else:
        assert other == plain


def commented(text: str) -> list[int] | None:
    """The lines that Python takes for the comment `# /// script`; None: no Python."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return None
    if any(token.type == tokenize.ERRORTOKEN for token in tokens):
        return None
    return [
        token.start[0]
        for token in tokens
        if token.type == tokenize.COMMENT
        and token.string == "# /// script"
        and token.start[1] == 0
    ]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
@example('"""\n# /// script\n# a\n# ///\n"""\n')
@example("x = '#\\''\n# /// script\n# a\n# ///\n")
@example('\'a\\\n"""\'\n# /// script\n# a\n# ///\n')
@example("# it's \"\"\"\n# /// script\n# a\n# ///\n'''\n# /// script\n# b\n# ///\n'''")
def test_a_block_in_a_string_is_none(text: str) -> None:
    """Held against Python's own tokenizer, wherever that can read the text."""
    comments = commented(text)
    if comments is None:
        return
    expected = [
        content for line, content in by_the_expression(text) if line in comments
    ]
    block = found(text.encode())
    if len(expected) == 1:
        assert isinstance(block, Block)
        assert block.text + "\n" == expected[0]
    else:
        assert isinstance(block, str)


@given(st.binary(max_size=200), st.binary(max_size=60))
@example(b"# coding: utf-7\n", b"# +AAo-")
@example(b"# coding: idna\n", b"# \xff")
@example(b"# coding: unicode_escape\n", b"# \\x")
@example(b"# coding: utf-16\n", b"# a")
@example(b"\xef\xbb\xbf# coding: rot13\n", b"# a")
def test_any_bytes_are_a_block_or_a_fault(before: bytes, inside: bytes) -> None:
    data = before + b"\n# /// script\n" + inside + b"\n# ///\n"
    for each in (data, before, inside):
        block = find_block(each, "x.py")
        assert isinstance(block, Block | Fault)


@given(st.lists(st.sampled_from(COMMENTS), max_size=14).map("\n".join), st.integers(0))
def test_the_beginning_of_a_file_is_enough_only_where_it_decides(
    text: str, cut: int
) -> None:
    head = text.encode()[: cut % (len(text) + 1)]
    if is_enough(head):
        expected = by_the_expression(text)
        block = found(head)
        if isinstance(block, Block):
            assert (block.line, block.text + "\n") == expected[0]
        else:
            assert block == "block-repeated"
            assert len(expected) > 1


def test_a_file_of_quotes_takes_no_longer_than_its_length() -> None:
    part = b"'a' \"b\" '''c\\''''\n# /// script\n\n"
    assert found(part * 40_000 + b"# /// script\n# a\n# ///\n") != "no-recipe"


PLAIN = (
    *('a = "b"', "a = 1", "a = 0", "a = 01", "a = -1", 'a = "b" # c', 'a = "b\\n"'),
    *("a = 12345678901234567890", "a = ١", "a = 1٢", 'a = "', 'a = ""', 'a = """b"""'),
    *("a = 'b'", "a =1", "a  = 1", 'b = "x = y"', "c-d_1 = 2", "é = 1", '"a" = 1'),
    *(
        "[a]",
        "[t]",
        "[t.u]",
        "[[v]]",
        "[t.u] # c",
        "[ t ]",
        "[]",
        "[t.]",
        "[t..u]",
        "[é]",
    ),
    *(
        "",
        "#",
        "# c",
        "a = \t1",
        'd = "\t"',
        'd = "\x00"',
        "a = true",
        "t.x = 1",
        "e = [1]",
    ),
)


@given(st.lists(st.sampled_from(PLAIN), max_size=8).map("\n".join))
def test_lines_that_are_read_quickly_mean_what_they_mean_to_tomllib(text: str) -> None:
    document = parse_toml(text)
    try:
        expected = tomllib.loads(text)
    except ValueError:
        assert document.faults
        return
    assert document.faults == []
    assert document.tables == expected
    for key in expected:
        assert document.place((key,)).text.lstrip('[ "').startswith(key)
