#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=2", "omegaconf>=2.3", "scikit-learn>=1.5"]
#
# [tool.runspec]
# schema = "1"
# name = "digits/prepare"
# description = "Split handwritten digits into training and test data"
# autonomy = "autonomous"
#
# [tool.runspec.run]
# launch = "direct"
#
# [tool.runspec.config]
# default = "prepare"
#
# [tool.runspec.resources]
# gpus_per_node = 0
# ///
"""Writes digits.npz and, beside it, metadata.json, which says what is in it."""

import argparse
import hashlib
import json
import os
from pathlib import Path

import numpy as np
from omegaconf import OmegaConf
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    config = OmegaConf.load(parser.parse_args().config)
    output = Path(os.environ.get("RUNSPEC_ARTIFACTS_DIR", config.output))
    output.mkdir(parents=True, exist_ok=True)

    images, labels = load_digits(return_X_y=True)
    train_images, test_images, train_labels, test_labels = train_test_split(
        (images / 16).astype(np.float32),
        labels,
        test_size=config.test_size,
        random_state=config.seed,
        stratify=labels,
    )
    path = output / "digits.npz"
    np.savez(
        path,
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
    )
    metadata = {
        "train": len(train_labels),
        "test": len(test_labels),
        "seed": config.seed,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    (output / "metadata.json").write_text(json.dumps(metadata, indent=2) + "\n")
    print(f"{path}: {metadata['train']} to train with, {metadata['test']} to test")


if __name__ == "__main__":
    main()
