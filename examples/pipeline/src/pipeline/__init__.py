"""Process and validate data pipeline files."""

import sys

from runspec import parse

from . import records, runs, validation


def main() -> int:
    args = parse()
    try:
        if args.runspec_command == "run":
            return runs.run(args)
        if args.runspec_command == "validate":
            return validation.validate(args)
    except records.UnusableError as error:
        print(f"pipeline: {error}", file=sys.stderr)
        return 1
    print("pipeline: choose a command, run or validate", file=sys.stderr)
    return 2
