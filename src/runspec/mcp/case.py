"""One call of a tool, resolved and checked: what would run, and how far it may."""

from __future__ import annotations

import os
from functools import cached_property

from ..errors import CallError
from ..model import attribute_of, autonomy_of
from ..policy import AUTONOMY, strictest
from ..resolve.secrets import redactor_of
from ..run.recorded import Recorded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..approvals.ticket import PlannedCall
    from ..call import Invocation, Value
    from ..model import Arg
    from ..run.argv import CommandLine
    from ..run.become import Become
    from ..run.order import Order
    from ..run.pinned import Pin
    from ..run.program import Program
    from ..spec.plain import Json
    from .connection import Connection
    from .policy import Policy
    from .served import ServedTool
    from .shapes import Progress, ToolCall

DRY_RUN = "dry_run"
ALWAYS = frozenset(
    ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM")
)
"""What reaches each program, whatever a policy lists."""


class Case:
    """A call that is right.

    `level` is its effective autonomy (AUT-03), `run` what is recorded of it: decisions
    about it and its start have one id. `escalating` are the arguments that count for
    its level, by default all that are given. `asks`: there can be a person at the
    client. `rehearses`: it is the dry run of another, for the person who decides.
    """

    asks = False
    policy: Policy | None = None
    rehearses = False

    def __init__(
        self,
        call: ToolCall,
        served: ServedTool,
        line: CommandLine,
        invocation: Invocation,
        principal: str,
        escalating: Sequence[Arg] | None = None,
    ) -> None:
        self.call = call
        self.served = served
        self.line = line
        self.invocation = invocation
        self.principal = principal
        self.redactor = redactor_of(invocation)
        self.run = Recorded(invocation, "serve", least="on", principal=principal)
        raising = line.given if escalating is None else escalating
        levels = (arg.autonomy for arg in raising if arg.autonomy is not None)
        own = autonomy_of(served.tool.chain, served.config)
        self.level = strictest((own, *levels))

    @property
    def streams(self) -> bool:
        """Whether its output goes to the client as it comes."""
        return self.call.typed is not None and self.level != "supervised"

    def tell(self, now: Progress, client: Connection) -> None:
        """Pass on how far it is, without secrets; nothing that is withheld."""
        if self.level == "supervised" or self.rehearses:
            return
        if now.message is not None:
            now.message = self.redactor.text(now.message)
        client.progress(self.call, now)

    @property
    def timeout(self) -> float | None:
        """Seconds; None where the spec leaves it to the server."""
        from ..spec.inherit import inherited

        seconds: float | None = inherited(self.served.tool.chain, "timeout")
        return seconds

    def order(self) -> Order:
        """What to start, and as whom; raises SpecError where there is no such
        program, user or way to become that user.
        """
        from ..run.order import Order
        from ..spec.inherit import inherited

        become = self._become()
        program = self.program
        return Order(
            (*program.argv, *self.line.argv),
            self._environment(),
            os.getcwd(),
            script=program.script,
            warm=inherited(self.served.tool.chain, "warm") is True,
            become=become,
        )

    @cached_property
    def program(self) -> Program:
        """What is started; looked for once, so that it is what a person was shown."""
        return self.served.program()

    @cached_property
    def pin(self) -> Pin:
        """What that program is now. Raises SpecError where there is none."""
        from ..run.pinned import pin
        from ..run.program import is_launched

        served = self.served
        launched = is_launched(served.runnable)
        return pin(
            self.program, served.spec_path, served.distribution, launched=launched
        )

    def _become(self) -> Become | None:
        from ..run.account import other_account

        chain = self.invocation.chain
        account = self.run.account = other_account(chain)
        if account is None:
            return None
        from ..run.become import become

        return become(chain, account, self.invocation.spec_path, asks=False)

    def _environment(self) -> dict[str, str]:
        from ..run.environment import child_environment, foreign_environment

        call = self.invocation
        declared = {name for each in call.scope.values() for name in each.env}
        environ = {
            name: value
            for name, value in call.environ.items()
            if name in declared
            or (name not in self.served.secrets and self.passes(name))
        }
        if self.run.account is None:
            return child_environment(environ, call)
        return foreign_environment(environ, call, self.run.account)

    def passes(self, variable: str) -> bool:
        """Whether a variable of the server's reaches the program."""
        if variable in ALWAYS or variable.startswith(("LC_", "RUNSPEC_")):
            return True
        policy = self.policy
        if policy is None:
            return True
        return policy.passes(self.served.name, self.principal, variable)

    def escape(self) -> tuple[str, str] | None:
        """The first argument that is a path outside of what the policy allows it."""
        if self.policy is None:
            return None
        lists = self.policy.confinements(self.served.name, self.principal)
        for value in self.invocation.values.values() if lists else ():
            if value.arg.type != "path" or value.plain is None:
                continue
            plain = value.plain if isinstance(value.plain, list) else [value.plain]
            for path in map(str, plain):
                if not all(_is_within(path, directories) for directories in lists):
                    return value.arg.name, path
        return None

    def rehearsal(self) -> Case | None:
        """The same call as a dry run, where the runnable declares one.

        None where the argument that makes it one is stricter than the runnable.
        """
        chain, config = self.served.tool.chain, self.served.config
        arg = self.invocation.scope.get(DRY_RUN)
        if arg is None or arg.type not in ("flag", "bool") or arg in self.line.given:
            return None
        own = autonomy_of(chain, config)
        if AUTONOMY.index(arg.autonomy or own) > AUTONOMY.index(own):
            return None
        if self.call.typed is not None:
            from .typed import rehearsed

            again = rehearsed(self, f"--{arg.name}=true")
        else:
            arguments = {**self.call.arguments, arg.name: True}
            again = _opened(self.call, self.served, arguments, self.principal)
        again.policy = self.policy
        again.rehearses = again.run.audited.dry_run = True
        return again

    def planned(self) -> PlannedCall:
        """What an approval is bound to."""
        from ..approvals.ticket import PlannedCall
        from ..run.account import other_account, own_name
        from ..run.machine import names

        other = other_account(self.invocation.chain)
        values = self.invocation.values.values()
        return PlannedCall(
            client=self.call.client,
            cwd=os.getcwd(),
            values=[
                [each.arg.name, repr(each.plain), _origin(each)] for each in values
            ],
            spec=self.served.spec_digest(),
            program=self.pin.path,
            content=self.pin.digest,
            tool=self.served.name,
            runnable=self.invocation.runnable.name,
            spec_path=self.invocation.spec_path,
            argv=tuple(self.line.argv),
            environ=self.line.environ,
            host=names()[0],
            user=own_name() if other is None else other.name,
            principal=self.principal,
        )

    def only_by_hand(self) -> str:
        """What an agent is told of what only a person may run (AUT-04)."""
        import shlex

        reason = self.served.tool.autonomy_reason
        because = f" ({reason})" if reason else ""
        line = shlex.join([self.invocation.runnable.name, *self.line.argv])
        return f"Only a person may run this{because}: {line}"


def _is_within(path: str, directories: Sequence[str]) -> bool:
    """Whether a path is in one of the directories, by the real path of both."""
    real = os.path.realpath(path)
    return any(
        os.path.commonpath((real, top)) == top
        for top in map(os.path.realpath, directories)
    )


def _origin(value: Value) -> str:
    """Where a value comes from: the source, and the variable or the file."""
    from ..errors import EnvPlace, FilePlace

    place = value.place
    if isinstance(place, EnvPlace):
        return f"{value.source} {place.variable}"
    return (
        f"{value.source} {place.path}" if isinstance(place, FilePlace) else value.source
    )


def open_case(call: ToolCall, served: ServedTool, principal: str) -> Case:
    """The call, checked against its spec; raises CallError or SpecError."""
    return _opened(call, served, call.arguments, principal)


def _opened(
    call: ToolCall, served: ServedTool, arguments: dict[str, Json], principal: str
) -> Case:
    from ..run.types import carry_types

    carry_types(served.config)
    line, invocation = _resolve(served, arguments)
    own = AUTONOMY.index(autonomy_of(served.tool.chain, served.config))
    escalating = [
        arg
        for arg in line.given
        if arg.autonomy is not None
        and AUTONOMY.index(arg.autonomy) > own
        and not _changes_nothing(arg, invocation, served, arguments)
    ]
    return Case(call, served, line, invocation, principal, escalating)


def _resolve(
    served: ServedTool, arguments: dict[str, Json]
) -> tuple[CommandLine, Invocation]:
    from ..resolve import resolve
    from ..run.argv import argv_of

    line = argv_of(served.tool, arguments)
    environ = {**os.environ, "RUNSPEC_AGENT": "1", **line.environ}
    environ.pop("RUNSPEC_DEFAULTS", None)  # it is about the call that started us
    invocation = resolve(
        served.runnable, served.config, line.argv, environ, spec_path=served.spec_path
    )
    return line, invocation


def _changes_nothing(
    arg: Arg, call: Invocation, served: ServedTool, arguments: dict[str, Json]
) -> bool:
    """Whether an argument has the value that it would have without being given."""
    attribute = attribute_of(arg.name)
    rest = {k: v for k, v in arguments.items() if attribute_of(k) != attribute}
    try:
        _, without = _resolve(served, rest)
    except CallError:
        return False
    return bool(without.values[attribute].plain == call.values[attribute].plain)
