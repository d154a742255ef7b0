"""greet with argparse."""

import argparse
import os


def times(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 10:
        raise argparse.ArgumentTypeError("a number from 1 to 10 was expected")
    return number


def main() -> None:
    parser = argparse.ArgumentParser("greet", description="Greet someone")
    parser.add_argument("--name", required=True, help="Who to greet")
    parser.add_argument(
        "--greeting",
        default=os.environ.get("GREETING", "Hello"),
        help="The word to begin with",
    )
    parser.add_argument("-n", "--times", type=times, default=1, help="How often")
    parser.add_argument("-s", "--shout", action="store_true", help="In capital letters")
    args = parser.parse_args()
    line = f"{args.greeting}, {args.name}!"
    if args.shout:
        line = line.upper()
    for _ in range(args.times):
        print(line)
