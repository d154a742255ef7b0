"""greet with cyclopts."""

from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

app = App(name="greet", help="Greet someone")


@app.default
def greet(
    *,
    name: Annotated[str, Parameter(help="Who to greet")],
    greeting: Annotated[
        str, Parameter(env_var="GREETING", help="The word to begin with")
    ] = "Hello",
    times: Annotated[
        int,
        Parameter(alias="-n", validator=Number(gte=1, lte=10), help="How often"),
    ] = 1,
    shout: Annotated[bool, Parameter(alias="-s", help="In capital letters")] = False,
) -> None:
    line = f"{greeting}, {name}!"
    if shout:
        line = line.upper()
    for _ in range(times):
        print(line)


def main() -> None:
    app()
