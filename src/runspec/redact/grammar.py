"""Parts of patterns: how names, quotes and values stand in texts."""

from __future__ import annotations


def _content(quote: str, escapes: int) -> str:
    r"""What stands in quotes that `escapes` backslashes precede, to their end.

    A quote opened by 2**n - 1 backslashes is closed by as many, after any multiple
    of 2**(n+1) that stand for backslashes of the content.
    """
    unit = escapes + 1
    escaped = (
        rf"|\\{{{2 * unit}}}|\\{{{2 * unit - 1}}}{quote}"
        rf"|\\{{1,{2 * unit - 1}}}(?=[^\\{quote}])"
    )
    inside = rf"(?:[^\\{quote}\r\n]{escaped})"
    more = "" if escapes else rf"(?:{quote}(?=\w)CONTENT)*+"
    if quote == "'":  # one that isn't closed ends where the text around it would
        cut = rf"(?:[^\\'\"\r\n]{escaped})"
        content = rf"(?:{inside}*+(?=\\{{{escapes}}}')|{cut}*+)"
    else:
        content = f"{inside}*+"
    opened = rf"(?<=\\{{{escapes}}}{quote})"
    return opened + content + more.replace("CONTENT", content)


def _contents() -> str:
    return "|".join(_content(quote, n) for n in (7, 3, 1, 0) for quote in ('"', "'"))


QUOTE = r"\\{0,7}[\"']"
WORD_AHEAD = r"[\w.-]{1,64}+[ \t]?[=:]"
PLAIN_WORDS = (
    r"(?!(?i:none|null|nil|undefined|true|false|str|string|bytes|int|required|optional"
    r"|missing|empty|unset|invalid|expired)(?![\w$!@#%^&*+/=-]|\.\w))"
)
SEPARATOR = (
    r"[ \t]*+(?::[ \t]*+(?i:str|bytes|string)[ \t]*+=(?!=)|=>|:=|={1,3}|:(?!:|//))"
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
    r"(?:[^\"'\\\r\n]|\\(?![nr\"'\r\n]|\Z)|'(?=\w)|\\[\"'](?=\w)"
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
