"""Patterns mean what `re.fullmatch` means, in linear time (STR, SCH-06)."""

from __future__ import annotations

import marshal
import re
import subprocess
import sys
import warnings
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import runspec
from runspec.spec.match import fullmatch, longest
from runspec.spec.pattern import PatternError, compile_pattern, ecma
from steps import matches_within, within_lines

# Patterns -------------------------------------------------------------------

LETTERS = "aabbcABkKsSiI1_ -\n"
ODD = "ſKİıßẞςσΣµμé٣\x85😀"

chars = st.sampled_from(LETTERS) | st.sampled_from(LETTERS + ODD)
literals = chars.map(re.escape)
categories = st.sampled_from([r"\d", r"\w", r"\s", r"\D", r"\W", r"\S"])
ranges = st.sampled_from(["a-c", "A-z", "0-9", "k-\u2fff", "\x80-\uffff"])
classes = st.builds(
    lambda negated, items: f"[{negated}{''.join(items)}]",
    st.sampled_from(["", "^"]),
    st.lists(literals | ranges | categories, min_size=1, max_size=3),
)
positions = st.sampled_from(["^", "$", r"\A", r"\Z", r"\b", r"\B", ""])
fixed = st.lists(literals | classes | positions, min_size=1, max_size=3).map("".join)
flags = st.sampled_from(["i", "s", "m", "a", "ai", "-i", "i-s", "ms", "u"])
counts = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,3}", "{2,}", "{,2}"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    some = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        some.map("".join),
        some.map(lambda parts: f"(?:{'|'.join(parts)})"),
        some.map(lambda parts: f"(?:{'|'.join(parts)}|)"),
        st.builds("(?{}:{})".format, flags, inner),
        st.builds("(?{}{})".format, st.sampled_from(["=", "!", ">"]), inner),
        st.builds("(?<{}{})".format, st.sampled_from("=!"), fixed),
        st.builds(
            "(?:{}){}{}".format, inner, counts, st.sampled_from(["", "", "?", "+"])
        ),
    )


simple = literals | literals | classes | categories | positions | st.just(".")
patterns = st.builds(
    str.__add__,
    st.sampled_from(["", "", "", "(?i)", "(?s)", "(?m)", "(?a)", "(?ai)", "(?x)"]),
    st.recursive(simple, _larger, max_leaves=8),
)
texts = st.text(chars, max_size=5)


def oracle(pattern: str, text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return re.fullmatch(pattern, text) is not None


def matches(pattern: str, text: str) -> bool:
    return fullmatch(compile_pattern(pattern), text)


@given(patterns, st.lists(texts, min_size=4, max_size=4))
def test_a_pattern_means_what_re_fullmatch_means(
    pattern: str, values: list[str]
) -> None:
    program = compile_pattern(pattern)
    found = [fullmatch(program, value) for value in values]
    assert found == [oracle(pattern, value) for value in values]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("[A-Z]+-[0-9]+", "PROJ-123"),
        ("", ""),
        ("a|ab", "ab"),
        ("(a|b)+(?P<last>c)?", "abc"),
        (r"\d{4}-\d\d-\d\d", "2024-02-30"),
        (r"[\w.+-]+@[a-z]+\.com", "jo.doe@example.com"),
        ("(?i)straße", "STRASSE"),
        ("(?i)[k]", "\u212a"),
        ("(?ai)[k]", "\u212a"),
        ("(?i)s", "ſ"),
        ("(?i)i", "İ"),
        ("(?i)ß", "ẞ"),
        ("(?i)ẞ", "ß"),
        ("(?i)[^ς]", "Σ"),
        ("(?i)[\u1000-\uffff]", "Å"),
        (r"\d+", "٣٤"),
        (r"(?a)\d+", "٣٤"),
        ("a$", "a\n"),
        ("a$\n", "a\n"),
        ("(?m)a$\n^b", "a\nb"),
        (".", "\n"),
        ("(?s:.)", "\n"),
        ("(?x) a b # c", "ab"),
        (r"\b", ""),
        (r"\B", ""),
        (r"\B", "-"),
        ("(?<=ab)c", "c"),
        ("ab(?<=ab)c", "abc"),
        ("(?=.*[A-Z])(?=.*[0-9]).{4,}", "aB3d"),
        ("a*+a", "aa"),
        ("(?>a|ab)c", "abc"),
        ("(?>(?:|a)*)", "a"),
        ("(?>(?:|ab|a){0,2})b?", "abab"),
        ("(?>(?:a|)*?)a", "a"),
        ("(?:a(?:(?:))*)*", "aa"),
        ("(?:.(?:(?:(?:))*|.))*", "aab"),
        ("(?:a|b?){3}", "ab"),
        ("(?:a?){2,3}+a", "aaa"),
        ("(?!)|a", "a"),
        ("\ud800", "\ud800"),
        ("a\x00b", "a\x00b"),
    ],
)
def test_a_corner_of_the_language_means_what_it_means_in_re(
    pattern: str, text: str
) -> None:
    assert matches(pattern, text) == oracle(pattern, text)


def test_every_letter_ignores_case_as_re_does() -> None:
    """All variants of every cased letter that `str` knows, in classes up to U+FFFF."""
    different = []
    for char in map(chr, range(sys.maxunicode + 1)):
        others = {char.lower(), char.upper(), char.title(), char.casefold()}
        variants = {other for other in others if len(other) == 1}
        if not variants - {char}:
            continue
        program = compile_pattern(f"(?i){re.escape(char)}")
        pattern = re.compile(f"(?i){re.escape(char)}")
        different += [
            (char, other)
            for other in variants
            if fullmatch(program, other) != bool(pattern.fullmatch(other))
        ]
    assert different == []


# Time -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+b", "a" * 32),
        ("(a+)+b", "a" * 20_000),
        ("(a|a)*b", "a" * 20_000),
        ("(a|b|ab)*c", "ab" * 10_000),
        ("(.*)*x", "a" * 20_000),
        ("(x+x+)+y", "x" * 20_000),
        (r"(?:\w+\s*)*:", "é" * 20_000),
        ("(?:(?:(?:a?)*)*)*b", "a" * 20_000),
        (".*.*.*.*.*=", "a" * 20_000),
        ("(?:(?=.*x).)*y", "a" * 20_000 + "x"),
        ("(?:(?=.*x)a|(?=a*b).)*c", "a" * 20_000 + "b"),
        ("(?s:.*)a*+c", "a" * 20_000),
        ("(?s:.*?)[a]*c", "a" * 20_000),
        ("(?:(?>.*?x|a))*y", "a" * 20_000),
        ("(?:(?>a*)b?)*c", "a" * 20_000),
        (f"(?:a(?:{'|'.join(['aa', 'a[ab]'] * 50)})*){{9}}c", "a" * 1_000),
        (f"(?:(?:ab|a[bc]|(?:a)b){'a' * 400})*b", "a" * 5_000),
    ],
)
def test_a_catastrophic_pattern_takes_no_more_steps_than_are_promised(
    pattern: str, text: str
) -> None:
    program = compile_pattern(pattern)
    most = 3 * len(program[2]) * (len(text) + 1)  # each may be looked up and read
    assert not matches_within(most, program, text)


def test_a_long_value_needs_no_deep_stack() -> None:
    assert matches("(?:a|b(?=a))*", "ab" * 50_000 + "a")


def test_the_longest_value_is_two_million_by_the_steps() -> None:
    assert longest(compile_pattern("a{1000}")) == 2_000
    assert longest(compile_pattern("[A-Z]+-[0-9]+")) == 400_000


# Refusals -------------------------------------------------------------------

DANGEROUS = {
    r"(a)\1": "backreference",
    r"(?P<x>a)(?P=x)": "backreference",
    "(a)?(?(1)b|c)": "conditional group",
    "a{5001}": "steps",
    "a{1000000000}": "steps",
    "a{4294967295}": "number",
    f"a{{{'9' * 5000}}}": "number",
    "((a{1000}){1000}){1000}": "steps",
    "(?:){1000000}": "steps",
    "(?:){1000000,}": "steps",
    "(?:a?){0,3000}b{3000}": "steps",
    f"{'(?:' * 100}a?{')*' * 100}": "steps",
    f"(?:{'|' * 9000})*": "steps",
    "x" * 10_001: "characters",
    f"{'(' * 2000}{')' * 2000}": "nested",
    f"{'(?=' * 21}{')' * 21}": "lookarounds",
}


MOST_LINES = 1_000_000
"""Of Python; that many take less than a second."""


@pytest.mark.parametrize("pattern", DANGEROUS, ids=lambda pattern: pattern[:24])
def test_a_pattern_that_could_hang_is_refused_at_once(pattern: str) -> None:
    with pytest.raises(PatternError) as caught:
        within_lines(MOST_LINES, lambda: compile_pattern(pattern))
    assert caught.value.code == "pattern-dangerous"
    assert DANGEROUS[pattern] in caught.value.detail


@pytest.mark.parametrize("pattern", ["a{5000}", ".{0,5000}", "(?:ab){2500}"])
def test_five_thousand_steps_are_still_accepted(pattern: str) -> None:
    assert longest(compile_pattern(pattern)) == 400


@pytest.mark.parametrize(
    ("pattern", "detail"),
    [
        ("(", "missing ), unterminated subpattern at character 1"),
        ("ab[z-a]", "bad character range z-a at character 4"),
        ("*a", "nothing to repeat at character 1"),
        ("a**", "multiple repeat at character 3"),
        ("a{2,1}", "min repeat greater than max repeat at character 3"),
        ("\\", "bad escape (end of pattern) at character 1"),
        (r"\q", r"bad escape \q at character 1"),
        ("(?<=a|bc)d", "look-behind requires fixed-width pattern"),
        ("(?<!a+)b", "look-behind requires fixed-width pattern"),
        ("a(?i)b", "global flags not at the start of the expression at character 2"),
        (r"[\w-a]", r"bad character range \w-a at character 2"),
        (r"(?P<1a>b)", "bad character in group name '1a' at character 5"),
    ],
)
def test_a_pattern_that_re_refuses_is_refused_with_its_reason(
    pattern: str, detail: str
) -> None:
    with pytest.raises(re.error):
        re.compile(pattern)
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern)
    assert (caught.value.code, caught.value.detail) == ("pattern-invalid", detail)


@given(st.text(r"ab()[]^$.|*+?{}\12,-:=!<>Pisw", max_size=8))
def test_what_re_refuses_and_nothing_else_is_invalid(pattern: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            re.compile(pattern)
            refused = False
        except re.error:
            refused = True
    try:
        compile_pattern(pattern)
        invalid = False
    except PatternError as error:
        invalid = error.code == "pattern-invalid"
    assert invalid == refused


def test_a_doubtful_pattern_gives_no_warning() -> None:
    assert matches("[[a]", "[")


# Programs -------------------------------------------------------------------


@pytest.mark.parametrize("pattern", ["[A-Z]+-[0-9]+", r"(?i)[^k\d]{2,}(?!x)", "(?>é)"])
def test_a_program_can_be_written_by_marshal(pattern: str) -> None:
    program = compile_pattern(pattern)
    assert marshal.loads(marshal.dumps(program)) == program


def test_matching_loads_no_re() -> None:
    program = marshal.dumps(compile_pattern("(?i)[a-zé]+-[0-9]+"))
    code = (
        "import sys, marshal\n"
        f"sys.path.insert(0, {str(Path(runspec.__file__).parents[1])!r})\n"
        "from runspec.spec.match import fullmatch\n"
        f"assert fullmatch(marshal.loads({program!r}), 'Abcé-1')\n"
        "print([m for m in ('re', 'enum', 'typing') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


# ECMA-262 -------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "[A-Z]+-[0-9]+",
        "red|green",
        r"[\w.+-]+@[a-z]+\.com",
        r"\d{4}-\d{2}(?:-\d{2})?",
        "(json|jsonl)",
        "^v[0-9]+$",
        "[^/]{1,63}?",
        "[-a-f]*",
        "größe/x+",
    ],
)
def test_a_plain_pattern_is_spelled_as_it_is_written(pattern: str) -> None:
    assert ecma(pattern) == f"^(?:{pattern})$"


@pytest.mark.parametrize(
    ("pattern", "spelled"),
    [
        ("a.c", r"^(?:a[^\n]c)$"),
        ("(?s).", r"^(?:[\S\s])$"),
        (r"\Aab\Z", "^(?:ab)$"),
        (r"(?P<key>[A-Z]+)=.*", r"^(?:[A-Z]+=[^\n]*)$"),
        (r"(?a)\d+", "^(?:[0-9]+)$"),
        (r"(?s)\w.[\d.]", r"^(?:\w[\S\s][.\d])$"),
        (r"\x7f[a-z]*\ud800\t{2,}", r"^(?:\x7f[a-z]*\ud800\t{2,})$"),
        (r"(?a)\D", r"^(?:[\x00-/:-" + chr(sys.maxunicode) + "])$"),
        ("(?x) a b # c", "^(?:ab)$"),
        (r"a\Z|b", r"^(?:a(?![\s\S])|b)$"),
        ("(?m)a$|^b", r"^(?:a(?![^\n])|(?<![^\n])b)$"),
        ("a{,3}", "^(?:a{0,3})$"),
        (r"(?<!\x00)\N{BULLET}[]\-]", "^(?:(?<!\\x00)•[\\]\\-])$"),
        ("(?=a)*?b", "^(?:(?:(?=a))*?b)$"),
        ("a{x}", r"^(?:a\{x\})$"),
        ("(?i)1-2", "^(?:1-2)$"),
        ("(?:(?!)|b)?", "^(?:(?:(?!)|b)?)$"),
    ],
)
def test_a_pattern_is_spelled_in_ecma_with_the_same_meaning(
    pattern: str, spelled: str
) -> None:
    assert ecma(pattern) == spelled


@pytest.mark.parametrize(
    "pattern", ["(?i)abc", "a(?i:b)", "a++b", "(?>a|ab)c", "(", r"(a)\1"]
)
def test_a_pattern_without_an_ecma_spelling_has_none(pattern: str) -> None:
    assert ecma(pattern) is None


@given(patterns, st.lists(texts, min_size=4, max_size=4))
def test_a_json_schema_with_the_spelling_accepts_the_same_values(
    pattern: str, values: list[str]
) -> None:
    spelled = ecma(pattern)
    if spelled is None or "(?a" in pattern:  # \b is Unicode's in this validator
        return
    schema = jsonschema.Draft202012Validator({"pattern": spelled})
    program = compile_pattern(pattern)
    for value in values:
        if not value.endswith("\n"):  # where Python's $ isn't ECMA's
            assert schema.is_valid(value) == fullmatch(program, value)
