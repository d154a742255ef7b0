"""The one model: fields, records, and how tables become them."""

from __future__ import annotations


class Record:
    """Values by attribute; what isn't set is the class's default."""

    def __init__(self, **values: object) -> None:
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is read-only")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        values = ", ".join(f"{k}={v!r}" for k, v in self.__dict__.items())
        return f"{type(self).__name__}({values})"

    def declares(self, attribute: str) -> bool:
        """Whether the spec set this attribute, rather than its default."""
        return attribute in self.__dict__


class Named(Record):
    """A record that its table knows by a name, as it is written."""

    name: str = ""
