"""Wait."""

from time import sleep

from runspec import parse


def main() -> None:
    args = parse()
    sleep(args.seconds.value)
    print(f"waited {args.seconds.value} s")
