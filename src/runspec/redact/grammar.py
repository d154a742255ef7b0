"""Parts of patterns: how names, quotes and values stand in texts."""

from __future__ import annotations


def _contents() -> str:
    """What stands in quotes, to their end or, where they aren't closed, to the line's.

    More escaped quotes come first, as their last characters are a quote, too.
    """
    return "|".join(
        rf"(?<=\\{{{escapes}}}{quote}){_content(quote, escapes)}"
        for escapes in (7, 3, 1, 0)
        for quote in ('"', "'")
    )


def _content(quote: str, escapes: int) -> str:
    r"""What stands in quotes that `escapes` backslashes precede.

    A quote opened by 2**n - 1 backslashes is closed by as many, after any multiple
    of 2**(n+1) that stand for backslashes of the content. One that a letter follows
    doesn't close, if it isn't escaped. A single-quoted text ends where JSON around it
    does, unless it begins as JSON itself and is closed.
    """
    if quote == '"':
        part = _parts('"', escapes, "")
        return part + ("" if escapes else rf"(?:\"(?=\w){part})*+")
    part = _parts("'", escapes, '"', r"|\"(?![ \t]*+(?:[,:}\]\r\n]|\Z))")
    whole = _parts("'", escapes, "")
    part = rf"(?:(?=[\[{{]){whole}(?=\\{{{escapes}}}')|{part})"
    return part + ("" if escapes else rf"(?:'(?=\w){part})*+")


def _parts(quote: str, escapes: int, ends: str, more: str = "") -> str:
    """Characters but `quote` and `ends`, and what is escaped in that depth."""
    unit = escapes + 1
    return (
        rf"(?:[^\\{quote}{ends}\r\n]|\\{{{2 * unit}}}|\\{{{2 * unit - 1}}}{quote}"
        rf"|\\{{1,{2 * unit - 1}}}(?=[^\\{quote}{ends}]){more})*+"
    )


QUOTE = r"\\{0,7}[\"']"
WORD_AHEAD = r"[\w.-]{1,64}+[ \t]?[=:]"
PLAIN_WORDS = (
    r"(?!(?i:none|null|nil|undefined|true|false|str|string|bytes|int|required|optional"
    r"|missing|empty|unset|invalid|expired)(?![\w$!@#%^&*+/=-]|\.\w))"
)
SEPARATOR = (
    r"[ \t]*+(?::[ \t]*+(?i:str|bytes|string)[ \t]*+=(?!=)|=>|:=|={1,3}+|:(?!:|//))"
    r"[ \t]*+"
)
WRAPPER = r"(?:[A-Za-z_][\w.]{0,40}+\()?[bBuUrRfF$]{0,2}"
STRING = rf"{WRAPPER}{QUOTE}(?P<v>{_contents()})"
OPENING = rf"(?!{WRAPPER}{QUOTE}(?:[\s,;:)\]}}\\]|\Z))"  # not a quote that closes
KEY_ENDS = rf"\]?(?:{SEPARATOR}|,[ \t]*+{QUOTE}(?i:value){QUOTE}[ \t]*+:[ \t]*+)"
QUOTED_KEY = rf"(?P<q>{QUOTE}){KEY_ENDS}"  # for a value without quotes
STOP = rf"(?:[\s\"'\\,;&)\]}}>|]|\Z|{WORD_AHEAD})"
PLAIN = (
    r"(?:[^\s\"'\\,;&)\]}>|]"
    rf"|[,;&)\]}}>|](?!{STOP})"
    r"|'(?=\w)"
    r"|\\{1,15}+[\"'](?=\w)"
    rf"|\\{{1,15}}+(?![\\\s\"']|\Z|[nrt]{STOP}))++"
)
STRUCTURE = rf"(?![\[{{(](?:[\s\"'\\\[{{]|\Z|{WORD_AHEAD}))"
SINGULAR = r"(?i:(?<!tokens)(?<!secrets)(?<!cookies)(?<!keys)(?<!words))"
ITEM = (
    r"(?:\"(?:[^\"\\\r\n]|\\.)*+\"|'(?:[^'\\\r\n]|\\.)*+'|[^\s\"'\\,()\[\]{}]++"
    rf"|{QUOTE}[^\"'\\\r\n]*+{QUOTE})"
)
LINE = (
    r"(?:[^\"'\\\r\n]|\\\\|\\(?![\\nr\"'\r\n]|\Z)|'(?=\w)|\\[\"'](?=\w)"
    r"|(?<==)\"(?=[^\",:}\]\s])[^\"\r\n]*+\")++"
)
SCHEME = r"(?i:basic|bearer|token|apikey|negotiate|ntlm)[ \t]+"
OPTION = "(?:" + "|".join(rf"(?<=--[\w-]{{{n}}})" for n in range(1, 41)) + ")"
PROSE = (
    r"(?!(?i:a|an|and|are|argument|as|by|can|can't|cannot|expects?|flag|for|from|given"
    r"|has|if|in|instead|is|may|must|needs?|no|not|on|option|or|requires?|takes?|the|to"
    r"|was|when|with|without)(?:[\s,.:;)\]\"']|\Z))"
)
PLACEHOLDER = (
    r"(?!<[\w -]{1,40}>"
    r"|[A-Z_]{0,24}(?:PASSWORD|PASSWD|PASSPHRASE|PWD|TOKEN|SECRET|KEY|VALUE|TEXT)"
    r"(?:[\s,.:;)\]\"']|\Z))"
)
START = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"

BREAK = r"(?:\\{1,15}[nr]|\r?\n[ \t>|#]*+)"
KEY_LINE = r"(?:(?:Proc-Type|DEK-Info|Version|Comment): [^\r\n\"\\]++|[A-Za-z0-9+/=]++)"
