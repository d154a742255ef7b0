"""greet with argparse, and by hand what `[config.logging]` sets up."""

import argparse
import json
import logging
import logging.handlers
import os
import sys
from datetime import UTC, datetime

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonLines(logging.Formatter):
    """A record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "pid": record.process,
            "thread": record.threadName,
            "module": record.module,
            "line": record.lineno,
        }
        given = {k: v for k, v in vars(record).items() if k not in STANDARD}
        if record.exc_info:
            given["exception"] = self.formatException(record.exc_info)
        return json.dumps({**given, **fields}, default=str, ensure_ascii=False)


def set_up(debug: bool) -> None:
    folder = os.path.join(os.environ["HOME"], "logs")
    os.makedirs(folder, 0o700, exist_ok=True)
    file = logging.handlers.TimedRotatingFileHandler(
        os.path.join(folder, "greet.log"), "midnight", backupCount=7, encoding="utf-8"
    )
    file.setFormatter(JsonLines())
    out = logging.StreamHandler(sys.stdout)
    out.setLevel(logging.DEBUG if debug else logging.INFO)
    out.addFilter(lambda record: record.levelno < logging.WARNING)
    err = logging.StreamHandler(sys.stderr)
    err.setLevel(logging.WARNING)
    logging.basicConfig(level=logging.DEBUG, handlers=[file, out, err])


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
    parser.add_argument("--debug", action="store_true", help="Show what is at DEBUG")
    args = parser.parse_args()
    set_up(args.debug)
    line = f"{args.greeting}, {args.name}!"
    if args.shout:
        line = line.upper()
    for _ in range(args.times):
        print(line)
