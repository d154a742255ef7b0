#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=2", "omegaconf>=2.3", "scikit-learn>=1.5", "torch==2.13.0"]
#
# [tool.runspec]
# schema = "1"
# name = "digits/evaluate"
# description = "How well a trained network reads handwritten digits"
# autonomy = "autonomous"
# effects = "read"
# output = "json"
#
# [tool.runspec.args.split]
# options = ["test", "train"]
# default = "test"
# description = "Digits it has never seen, or those it learned"
#
# [tool.runspec.args.worst]
# default = 3
# range = [0, 10]
# description = "How many of the digits it reads worst to name"
#
# [tool.runspec.run]
# launch = "direct"
#
# [tool.runspec.config]
# default = "evaluate"
#
# [tool.runspec.resources]
# gpus_per_node = 0
# ///
"""Prints the accuracy of a checkpoint as JSON, and writes it to report.json."""

import argparse
import json
import os
from pathlib import Path

import numpy as np
import torch
from omegaconf import OmegaConf
from sklearn.metrics import accuracy_score, recall_score
from torch import nn


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--split", choices=("test", "train"), default="test")
    parser.add_argument("--worst", type=int, default=3)
    args = parser.parse_args()
    config = OmegaConf.load(args.config)

    weights = torch.load(config.checkpoint, weights_only=True)
    hidden, features = weights["0.weight"].shape
    layers = nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, 10)
    network = nn.Sequential(*layers)
    network.load_state_dict(weights)
    data = np.load(config.data)
    labels = data[f"{args.split}_labels"]
    with torch.no_grad():
        scores = network(torch.from_numpy(data[f"{args.split}_images"]))
    predicted = scores.argmax(1).numpy()
    recall = recall_score(labels, predicted, average=None)
    report = {
        "split": args.split,
        "images": len(labels),
        "accuracy": round(accuracy_score(labels, predicted), 4),
        "worst": {int(n): round(recall[n], 4) for n in recall.argsort()[: args.worst]},
    }

    output = Path(os.environ.get("RUNSPEC_ARTIFACTS_DIR", config.output))
    output.mkdir(parents=True, exist_ok=True)
    (output / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report))


if __name__ == "__main__":
    main()
