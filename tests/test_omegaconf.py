"""Configurations beside OmegaConf itself: what it gives, a launch gives (CNF)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from runspec.errors import ArgvPlace, Fault, RunspecError
from runspec.launch.config.merged import merge
from runspec.launch.config.overrides import split
from runspec.launch.config.resolvers import UnresolvedError, expanded
from runspec.recipe import parse

SCRIPT = "# /// script\n# [tool.runspec]\n# [tool.runspec.config]\n# ///\n"
NAMES = ("a", "b", "c", "d_e")
VARIABLES = {"ONE": "1", "WORD": "some word", "EMPTY": ""}
ENV = st.sampled_from([*VARIABLES, "NOT_SET"])
REFUSALS = (OmegaConfBaseException, ValueError, TypeError, LookupError)
"""OmegaConf has no errors of its own for overrides that contradict each other."""
PLAIN = st.text("ab ,:'\"{}0", max_size=5)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(-9, 9).map(lambda number: round(number, 2))
    | st.sampled_from(["x", "two words", "", "0x1F", "1e3", "null", "~", "12:30:00"])
)
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(".".join)
REFERENCES = st.builds("${{{}}}".format, PATHS)
DEFAULTED = st.recursive(
    ENV.map("${{oc.env:{}}}".format)
    | st.builds("${{oc.env:{},{}}}".format, ENV, st.sampled_from(["x", "0", "'q, r'"])),
    lambda below: st.builds("${{oc.env:{},{}}}".format, ENV, below),
    max_leaves=3,
)
TREES = st.recursive(
    SCALARS | REFERENCES | DEFAULTED,
    lambda below: (
        st.lists(below, max_size=2)
        | st.dictionaries(st.sampled_from(NAMES), below, max_size=3)
    ),
    max_leaves=8,
)
FILES = st.dictionaries(st.sampled_from(NAMES), TREES, min_size=1, max_size=4)
VALUES = st.sampled_from(["1", "x", "2.5", "[1, 2]", "true", "null", "'1'", "-3"])
OVERRIDES = st.lists(st.tuples(PATHS, VALUES), max_size=3)


def reference(path: Path, tokens: list[str]) -> object:
    """The values that OmegaConf gives the script; None where it refuses."""
    try:
        whole = OmegaConf.merge(OmegaConf.load(path), OmegaConf.from_dotlist(tokens))
        return OmegaConf.to_container(whole, resolve=True)
    except REFUSALS:
        return None


def launched(folder: Path, tokens: list[str]) -> object:
    """The values that the script gets from what a launch writes; None as above."""
    overrides, passed = split([f"++{token}" for token in tokens])
    assert passed == ()
    recipe = parse(str(folder / "train.py"))
    merged = merge(recipe, None, overrides, inject={}, artifacts=None)
    assert merged is not None
    (folder / "written.yaml").write_bytes(merged.content())
    try:
        return OmegaConf.to_container(
            OmegaConf.load(folder / "written.yaml"), resolve=True
        )
    except OmegaConfBaseException:
        return None


@given(FILES, OVERRIDES)
@settings(deadline=None, max_examples=150)
def test_what_omegaconf_gives_a_launch_gives_or_refuses_with_a_place(
    tree: Mapping[str, Any], changes: list[tuple[str, str]]
) -> None:
    tokens = [f"{path}={value}" for path, value in changes]
    with TemporaryDirectory() as place, patch.dict(os.environ, VARIABLES):
        folder = Path(place)
        (folder / "config").mkdir()
        (folder / "train.py").write_text(SCRIPT)
        path = folder / "config" / "default.yaml"
        OmegaConf.save(OmegaConf.create(dict(tree)), path)
        wanted = reference(path, tokens)
        found, faults = attempt(folder, tokens)
    if faults:
        assert all(each.place is not None for each in faults), faults
        typed = any(isinstance(each.place, ArgvPlace) for each in faults)
        assert typed or wanted is None, faults
    elif wanted is not None:
        assert found == wanted


def attempt(folder: Path, tokens: list[str]) -> tuple[object, tuple[Fault, ...]]:
    """The script's values, or what is wrong with an override."""
    try:
        return launched(folder, tokens), ()
    except RunspecError as error:
        return None, error.faults


@given(st.lists(PLAIN.filter(lambda text: "$" not in text) | DEFAULTED, max_size=4))
@settings(deadline=None)
def test_variables_of_a_profile_are_read_in_the_grammar_of_omegaconf(
    pieces: list[str],
) -> None:
    text = "".join(pieces)
    with patch.dict(os.environ, VARIABLES):
        try:
            wanted = OmegaConf.create({"x": text})["x"]
        except OmegaConfBaseException:
            wanted = None
        try:
            found = expanded(text)
        except UnresolvedError:
            found = None
    assert found == wanted
