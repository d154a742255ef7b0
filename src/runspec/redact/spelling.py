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

BACKSLASH = r"\\\\{0,14}+"  # one to fifteen, beginning with a literal
NEWLINE = (
    rf"(?:\r?\n[ \t]{{0,16}}|{BACKSLASH}(?:r{BACKSLASH})?(?:\r?\n|n|u000[aA]|x0[aA]|012)"
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
        if char == "\\":
            pieces.append(_backslashes(count, last=index == len(runs) - 1))
        else:
            pieces.append(spell(char) * count)
    return "".join(pieces)


def _runs(value: str) -> Iterator[tuple[str, int]]:
    """Each character with 1, and each run of backslashes with its length."""
    count = 0
    for char in value:
        if char == "\\":
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
    if last:
        plain = "|".join(rf"\\{{{count * times}}}" for times in (16, 8, 4, 2, 1))
    else:
        plain = rf"\\{{{count},{count * 16}}}"
    other = "|".join((_percent(b"\\"), _entity("\\"), rf"{BACKSLASH}(?i:x5c|u005c)"))
    return rf"(?:(?:{other}){{{count}}}|{plain})"


def spelled(char: str) -> str:
    """A pattern for `char`, of which every alternative begins with a literal."""
    from re import escape

    if is_plain(char):
        return char
    if char == "\n":
        return NEWLINE
    raw = raw_bytes(char)
    ways = [escape(char), _escaped(char, raw), _percent(raw), _entity(char)]
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


def _escaped(char: str, raw: bytes) -> str:
    """After backslashes: itself, or an escape of JSON, Python, C or a shell."""
    from re import escape

    code = ord(char)
    ways = [escape(char), f"(?i:U{code:08x}|u\\{{0{{0,5}}{code:x}\\}})"]
    units = char.encode("utf-16-be", "surrogatepass").hex()
    pairs = [units[at : at + 4] for at in range(0, len(units), 4)]
    ways.append(_joined(f"(?i:u{pair})" for pair in pairs))
    ways.append(_joined(f"(?i:x{byte:02x})" for byte in raw))
    ways.append(_joined(f"{byte:03o}" for byte in raw))
    if code < 0x100:
        ways.append(f"(?i:x{code:02x})")
    if char in LETTERS:
        ways.append(LETTERS[char])
    return f"{BACKSLASH}(?:{'|'.join(ways)})"


def _joined(escapes: Iterator[str]) -> str:
    return BACKSLASH.join(escapes)


def _percent(raw: bytes) -> str:
    return "".join(rf"%(?:25){{0,3}}(?i:{byte:02x})" for byte in raw)


def _entity(char: str) -> str:
    code = ord(char)
    ways = [f"#0{{0,4}}{code}", f"#(?i:x)0{{0,4}}(?i:{code:x})"]
    if char in ENTITIES:
        ways.append(ENTITIES[char])
    return f"&(?:amp;){{0,3}}(?:{'|'.join(ways)});"
