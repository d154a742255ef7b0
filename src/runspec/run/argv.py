"""A tool call's JSON arguments as a command line (SRV-13 to SRV-16).

argv = { { operand } command } { option } [ "--" ] { operand } [ "--" rest ]
"""

from __future__ import annotations

from ..errors import CallError, Fault
from ..model import attribute_of
from ..resolve import variable_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..model import Arg, Runnable
    from ..render.schema import Tool
    from ..spec.plain import Json


class CommandLine:
    """`argv` are the tokens after the program's name.

    `environ` are variables that give what no token can; `given` the arguments that
    either gives, each of which escalates (AUT-03).
    """

    __slots__ = ("argv", "environ", "given")

    def __init__(
        self, argv: list[str], environ: dict[str, str], given: tuple[Arg, ...]
    ) -> None:
        self.argv = argv
        self.environ = environ
        self.given = given


def argv_of(tool: Tool, arguments: Mapping[str, Json]) -> CommandLine:
    """The command line of a call of `tool`.

    What `resolve` checks isn't checked here: that what is required is there, the
    text of each value, groups. Raises CallError for names that aren't known, values
    of a wrong JSON type and what neither a token nor a variable can say.
    """
    from .arguments import Texts

    texts = Texts(tool, arguments)
    line = _Line(tool, texts.by_attribute)
    faults = texts.faults or line.faults
    if faults:
        raise CallError(*faults, runnable=tool.chain[0].name, command=tool.command)
    given = tuple(arg for name, arg in tool.args.items() if name in texts.by_attribute)
    return CommandLine(line.argv, line.environ, given)


class _Line:
    """The line being written, outermost level first."""

    def __init__(self, tool: Tool, texts: Mapping[str, list[str]]) -> None:
        self.tool = tool
        self.texts = texts
        self.argv: list[str] = []
        self.environ: dict[str, str] = {}
        self.faults: list[Fault] = []
        for level, command in zip(tool.chain, tool.chain[1:], strict=False):
            self.argv += [*self._operands(level, separable=False), command.name]
        self.argv += self._options()
        self._last(tool.chain[-1])

    def _options(self) -> Iterator[str]:
        for attribute, texts in self._given():
            arg = self.tool.args[attribute]
            if arg.position is None and arg.type != "rest":
                yield from (self._option(arg, text) for text in texts)

    def _given(self) -> Iterator[tuple[str, list[str]]]:
        """What is given, in declared order."""
        for attribute in self.tool.args:
            if attribute in self.texts:
                yield attribute, self.texts[attribute]

    def _option(self, arg: Arg, text: str) -> str:
        from ..render.usage import on_by_default

        if arg.type == "flag" and text == "true":
            return f"--{arg.name}"
        negation = "no_" + attribute_of(arg.name)
        if on_by_default(arg) and text == "false" and negation not in self.tool.args:
            return f"--no-{arg.name}"
        return f"--{arg.name}={text}"

    def _last(self, leaf: Runnable) -> None:
        levels = self.tool.chain
        has_rest = any(a.type == "rest" for each in levels for a in each.args.values())
        operands = self._operands(leaf, separable=not has_rest)
        if not all(_is_operand(each, leaf) for each in operands):
            self.argv.append("--")
        self.argv += operands
        for attribute, texts in self._given():
            if self.tool.args[attribute].type == "rest":
                self.argv += ["--", *texts]

    def _operands(self, level: Runnable, *, separable: bool) -> list[str]:
        """The positionals of one level; those that can't be told go to `environ`.

        `separable`: any text can stand here, behind `--`.
        """
        from ..render.usage import positionals

        tokens: list[str] = []
        gap = False
        for arg in positionals(level):
            texts = self._texts_of(arg)
            fit = separable or all(_is_operand(text, level) for text in texts or ())
            gap = gap or texts is None or not fit
            if not gap:
                tokens += texts or ()
            elif texts is not None:
                self._by_variable(arg, texts)
        return tokens

    def _texts_of(self, arg: Arg) -> list[str] | None:
        """None where it isn't given, or a level below has another of its name."""
        attribute = attribute_of(arg.name)
        return self.texts.get(attribute) if self.tool.args[attribute] is arg else None

    def _by_variable(self, arg: Arg, texts: list[str]) -> None:
        for number, text in enumerate(texts, 1):
            if arg.multiple and "\n" in text:
                fault = Fault("item-unwritable", arg.name, received=text, item=number)
                self.faults.append(fault)
        variable = variable_of(self.tool.chain[0].name, arg.name)
        self.environ[variable] = "\n".join(texts)


def _is_operand(text: str, level: Runnable) -> bool:
    """Whether it is read as a value where it stands (BIND-03, CMD-02)."""
    return text not in level.commands and (len(text) < 2 or text[0] != "-")
