"""Names say what a thing does or is: none begins with a past participle."""

from __future__ import annotations

from environments import ROOT
from house import begins_with_participle, definitions, source_files

OLD = ROOT / "tests" / "data" / "old-names.txt"
"""Those that stood before the rule; the list only shrinks."""
DOCUMENTED = {"required_args"}
"""Names that the format documents."""


def test_a_new_name_begins_with_a_verb_or_is_a_noun() -> None:
    assert _participles() - _old() - DOCUMENTED == set()


def test_a_name_that_is_gone_leaves_the_list_of_old_ones() -> None:
    assert _old() - _participles() == set()


def _participles() -> set[str]:
    return {
        name
        for path in source_files()
        for name in definitions(path.read_text("utf-8"))
        if begins_with_participle(name)
    }


def _old() -> set[str]:
    return set(OLD.read_text("utf-8").split())
