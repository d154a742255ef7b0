#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
#
# [tool.runspec]
# name = "fit/line"
# description = "Fit a line through noisy points"
# autonomy = "autonomous"
#
# [tool.runspec.run]
# launch = "direct"
#
# [tool.runspec.config]
# format = "json"
# ///
"""Gradient descent on the mean squared error, which it prints as it falls."""

import argparse
import json
import random
from pathlib import Path


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    config = json.loads(parser.parse_args().config.read_text())
    draw = random.Random(config["seed"])
    points = [(x / 50, 3 * x / 50 + 1 + draw.gauss(0, 0.1)) for x in range(50)]
    slope = height = 0.0
    for step in range(config["steps"] + 1):
        errors = [(slope * x + height - y, x) for x, y in points]
        if step % config["every"] == 0:
            loss = sum(error * error for error, _ in errors) / len(errors)
            print(f"step {step:4}  loss {loss:.4f}", flush=True)
        slope -= config["rate"] * 2 * sum(e * x for e, x in errors) / len(errors)
        height -= config["rate"] * 2 * sum(e for e, _ in errors) / len(errors)
    print(f"y = {slope:.2f} x + {height:.2f}")


if __name__ == "__main__":
    main()
