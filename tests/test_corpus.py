"""The conformance corpus: data in `corpus/`, one runner, one test a vector."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from corpus_room import Room, Vector
from corpus_runner import ACTIONS, rule_ids, run, vectors

VECTORS = vectors()


def marked(vector: Vector) -> ParameterSet:
    """What a vector needs, as pytest selects it."""
    needs = vector.get("needs", ())
    marks = [pytest.mark.unprivileged] if "not-root" in needs else []
    if "root" in needs:
        marks.append(pytest.mark.skipif(os.geteuid() != 0, reason="needs root"))
    return pytest.param(vector, id=vector["id"], marks=marks)


@pytest.mark.parametrize("vector", [marked(vector) for vector in VECTORS])
def test_vector(vector: Vector, tmp_path: Path) -> None:
    run(vector, Room(tmp_path.resolve()))


def test_every_rule_of_the_specification_has_a_vector() -> None:
    named = {rule for vector in VECTORS for rule in vector["rules"]}
    assert rule_ids() - named == set()


def test_every_vector_names_rules_that_are_there() -> None:
    rules = rule_ids()
    lost = {v["id"]: set(v["rules"]) - rules for v in VECTORS}
    assert {name: missing for name, missing in lost.items() if missing} == {}
    assert [v["id"] for v in VECTORS if not v["rules"]] == []


def test_every_vector_has_an_id_of_its_own_that_is_kebab_case() -> None:
    ids = [vector["id"] for vector in VECTORS]
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    assert [i for i in ids if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", i)] == []


def test_every_vector_has_one_action_and_an_expectation() -> None:
    odd = [v["id"] for v in VECTORS if sum(name in v for name in ACTIONS) != 1]
    assert odd == []
    assert [v["id"] for v in VECTORS if not v.get("expect")] == []
