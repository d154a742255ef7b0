"""How programs write a character: as is, quoted, escaped, URL-quoted, as an entity.

Letters and digits of ASCII stand for themselves in every quoting. Any other
character may be written differently each time, and quoting may be nested, so a
secret is looked for character by character instead of form by form.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REACH = 80
"""The most characters that one character is written with."""

SLASH = "\\"
BACKSLASH = r"\\\\{0,14}+"  # one to fifteen, beginning with a literal
QUOTED_BACKSLASH = "%(?:25){0,3}5[cC](?:%(?:25){0,3}5[cC]){0,14}+"
NEWLINE = (
    r"(?:\r?\n[ \t]{0,16}"
    rf"|{BACKSLASH}(?:[r\r]{BACKSLASH})?(?:\r?\n|n|u000[aA]|x0[aA]|012)"
    rf"|{QUOTED_BACKSLASH}(?:r{QUOTED_BACKSLASH})?n"
    r"|%(?:(?:25){0,3}0[dD]%)?(?:25){0,3}0[aA]|&(?:amp;){0,3}#(?:10|[xX][aA]);)"
)
LETTERS = {
    "\0": "0",
    "\a": "a",
    "\b": "b",
    "\t": "t",
    "\v": "v",
    "\f": "f",
    "\r": "r",
    "\x1b": "e",
}
ENTITIES = {"<": "lt", ">": "gt", "&": "amp", '"': "quot", "'": "apos"}
DOUBLED = "'\"%$" + "{}"


def is_plain(char: str) -> bool:
    """Whether every quoting leaves `char` as it is."""
    return char.isascii() and char.isalnum()


def pattern_of(value: str, spell: Callable[[str], str] | None = None) -> str:
    """A pattern for `value` in every form; `spell` writes one character."""
    spell = spell or spelled
    pieces: list[str] = []
    runs = list(_runs(value))
    for index, (char, count) in enumerate(runs):
        if char == SLASH:
            pieces.append(_backslashes(count, last=index == len(runs) - 1))
        else:
            pieces.append(spell(char) * count)
    return "".join(pieces)


def _runs(value: str) -> Iterator[tuple[str, int]]:
    """Each character with 1, and each run of backslashes with its length."""
    count = 0
    for char in value:
        if char == SLASH:
            count += 1
            continue
        if count:
            yield "\\", count
            count = 0
        yield char, 1
    if count:
        yield "\\", count


def _backslashes(count: int, *, last: bool) -> str:
    """A run of backslashes; the last one leaves those of a quote that follows."""
    ways = [rf"(?:{_entity(SLASH)}|{BACKSLASH}(?:x5[cC]|u005[cC])){{{count}}}"]
    for one in (rf"(?:{_percent(SLASH.encode())})", r"\\"):
        if last:
            ways += (f"{one}{{{count * times}}}" for times in (16, 8, 4, 2, 1))
        else:
            ways.append(f"{one}{{{count},{count * 16}}}")
    return f"(?:{'|'.join(ways)})"


def spelled(char: str) -> str:
    """A pattern for `char`, of which every alternative begins with a literal."""
    from re import escape

    if is_plain(char):
        return char
    if char == "\n":
        return NEWLINE
    raw = raw_bytes(char)
    percent, entity = _percent(raw), _entity(char)
    ways = [percent, entity]
    for slash in (BACKSLASH, QUOTED_BACKSLASH):
        escaped = "|".join(_escapes(char, raw, slash))
        ways.append(f"{slash}(?:{escaped}|{entity}|{percent})")
    ways.append(escape(char))
    if char == "'":
        ways.insert(0, r"'(?:\\{0,15}\"'\\{0,15}\"|\\{1,15}')'")
    if char == " ":
        ways.append(r"\+")
    if char in DOUBLED:
        ways.append(escape(char) * 2)
    return f"(?:{'|'.join(ways)})"


def raw_bytes(value: str) -> bytes:
    """UTF-8; what came from bytes that aren't is those bytes again."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")


def _escapes(char: str, raw: bytes, slash: str) -> list[str]:
    """After a `slash`: itself, or an escape of JSON, Python, C or a shell."""
    from re import escape

    code = ord(char)
    units = char.encode("utf-16-be", "surrogatepass").hex()
    pairs = [units[at : at + 4] for at in range(0, len(units), 4)]
    ways = [
        escape(char),
        f"U{_digits(f'{code:08x}')}",
        rf"u\{{0{{0,5}}{_digits(f'{code:x}')}\}}",
        slash.join(f"u{_digits(pair)}" for pair in pairs),
        slash.join(f"x{_digits(f'{byte:02x}')}" for byte in raw),
        slash.join(f"{byte:03o}" for byte in raw),
    ]
    if code < 0x100:
        ways.append(f"x{_digits(f'{code:02x}')}")
    if char in LETTERS:
        ways.append(LETTERS[char])
    return ways


def _digits(lower: str) -> str:
    """Hexadecimal digits in either case."""
    upper = lower.upper()
    return lower if lower == upper else f"(?:{lower}|{upper})"


def _percent(raw: bytes) -> str:
    return "".join(rf"%(?:25){{0,3}}{_digits(f'{byte:02x}')}" for byte in raw)


def _entity(char: str) -> str:
    code = ord(char)
    ways = [f"#0{{0,4}}{code}", f"#[xX]0{{0,4}}{_digits(f'{code:x}')}"]
    if char in ENTITIES:
        ways.append(ENTITIES[char])
    return f"&(?:amp;){{0,3}}(?:{'|'.join(ways)});"
