"""greet with typer."""

from typing import Annotated

import typer


def greet(
    name: Annotated[str, typer.Option(help="Who to greet")],
    greeting: Annotated[
        str, typer.Option(envvar="GREETING", help="The word to begin with")
    ] = "Hello",
    times: Annotated[
        int, typer.Option("--times", "-n", min=1, max=10, help="How often")
    ] = 1,
    shout: Annotated[
        bool, typer.Option("--shout", "-s", help="In capital letters")
    ] = False,
) -> None:
    """Greet someone"""
    line = f"{greeting}, {name}!"
    if shout:
        line = line.upper()
    for _ in range(times):
        print(line)


def main() -> None:
    typer.run(greet)
