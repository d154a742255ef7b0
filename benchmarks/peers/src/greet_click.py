"""greet with click."""

import click


@click.command(help="Greet someone")
@click.option("--name", required=True, help="Who to greet")
@click.option(
    "--greeting", default="Hello", envvar="GREETING", help="The word to begin with"
)
@click.option("-n", "--times", type=click.IntRange(1, 10), default=1, help="How often")
@click.option("-s", "--shout", is_flag=True, help="In capital letters")
def main(name: str, greeting: str, times: int, shout: bool) -> None:
    line = f"{greeting}, {name}!"
    if shout:
        line = line.upper()
    for _ in range(times):
        print(line)
