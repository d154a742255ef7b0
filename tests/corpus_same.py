"""Comparing what came with what a vector expects."""

from __future__ import annotations

import base64
import os

from runspec.model import Record


def plain(value: object) -> object:
    """A value of a call as the corpus writes it."""
    if isinstance(value, os.PathLike):
        return plain(os.fspath(value))
    if isinstance(value, str):
        raw = os.fsencode(value)
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(raw).decode("ascii")}
        return value
    return value


def same(found: object, wanted: object) -> bool:
    """Equal with types: 1, 1.0 and true are three values.

    Of a record, what the vector names is compared.
    """
    if isinstance(found, Record) and isinstance(wanted, dict):
        return all(same(getattr(found, key), value) for key, value in wanted.items())
    if isinstance(wanted, dict) and isinstance(found, dict):
        return found.keys() == wanted.keys() and all(
            same(found[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list) and isinstance(found, list | tuple):
        pairs = zip(found, wanted, strict=False)
        return len(found) == len(wanted) and all(same(f, w) for f, w in pairs)
    found = plain(found)
    return type(found) is type(wanted) and found == wanted


def matches(found: object, wanted: object) -> bool:
    """`same`, where `{"$contains": [...]}` stands for any text with these in it."""
    if isinstance(wanted, dict) and "$contains" in wanted:
        return isinstance(found, str) and all(w in found for w in wanted["$contains"])
    if isinstance(wanted, dict) and isinstance(found, dict):
        return wanted.keys() == found.keys() and all(
            matches(found[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(map(matches, found, wanted))
    return same(found, wanted)


def includes(found: object, wanted: object) -> bool:
    """`same` for what is named; objects may have more."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(k in found and includes(found[k], v) for k, v in wanted.items())
    return same(found, wanted)


def says(text: str, words: str) -> bool:
    """Whether the words are there, wherever lines were broken."""
    return words in text or " ".join(words.split()) in " ".join(text.split())
