"""Greet someone."""

from runspec import parse


def main() -> None:
    args = parse()
    line = f"{args.greeting.value}, {args.name.value}!"
    if args.shout.value:
        line = line.upper()
    for _ in range(args.times.value):
        print(line)
