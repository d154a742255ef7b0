"""greet and pause as tools of FastMCP, each call a process of its own."""

import subprocess
import sys
from pathlib import Path

from fastmcp import FastMCP

BIN = Path(sys.executable).parent

server = FastMCP("peer")


@server.tool
def greet(name: str, greeting: str = "Hello", times: int = 1) -> str:
    """Greet someone"""
    return run("greet", f"--name={name}", f"--greeting={greeting}", f"--times={times}")


@server.tool
def pause(seconds: float = 0.5) -> str:
    """Wait"""
    return run("pause", f"--seconds={seconds}")


def run(program: str, *argv: str) -> str:
    done = subprocess.run(
        [str(BIN / program), *argv],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def main() -> None:
    server.run(show_banner=False)
