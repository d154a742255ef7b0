#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=2", "omegaconf>=2.3", "scikit-learn>=1.5", "torch==2.13.0"]
#
# [tool.runspec]
# schema = "1"
# name = "digits/train"
# description = "Train a small network on handwritten digits"
# autonomy = "confirm"
# setup = "PyTorch. Without GPUs it trains on CPUs."
#
# [tool.runspec.run]
# launch = "torchrun"
#
# [tool.runspec.resources]
# gpus_per_node = 0
#
# [tool.runspec.env]
# OMP_NUM_THREADS = 1
# ///
"""Trains on as many processes as there are; rank 0 writes what comes of it."""

import argparse
import json
import os
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from omegaconf import OmegaConf
from torch import nn
from torch.nn.parallel import DistributedDataParallel

RANK = int(os.environ.get("RANK", "0"))
WORLD = int(os.environ.get("WORLD_SIZE", "1"))
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def load(path):
    """Images and labels of prepare.py, or all that scikit-learn has."""
    if path is None:
        from sklearn.datasets import load_digits

        images, labels = load_digits(return_X_y=True)
        images = (images / 16).astype(np.float32)
    else:
        data = np.load(path)
        images, labels = data["train_images"], data["train_labels"]
    return torch.from_numpy(images).to(DEVICE), torch.from_numpy(labels).to(DEVICE)


def train(model, images, labels, config):
    """The mean loss of each epoch. All ranks draw the same batches, and share them."""
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    order = torch.Generator().manual_seed(config.seed)
    whole = len(labels) - len(labels) % config.batch
    losses = []
    for epoch in range(1, config.epochs + 1):
        total = torch.zeros((), device=DEVICE)
        batches = torch.randperm(len(labels), generator=order)[:whole]
        for batch in batches.split(config.batch):
            mine = batch[RANK::WORLD]
            loss = nn.functional.cross_entropy(model(images[mine]), labels[mine])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach()
        if WORLD > 1:
            dist.all_reduce(total)
        losses.append(total.item() / WORLD / (whole // config.batch))
        if RANK == 0:
            print(f"epoch {epoch}/{config.epochs}: loss {losses[-1]:.4f}", flush=True)
    return losses


def save(network, losses, output):
    output.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), output / "checkpoint.pt")
    metrics = {"losses": losses, "processes": WORLD, "device": DEVICE}
    (output / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    print(f"saved {output / 'checkpoint.pt'}")


def run(config):
    """All that is trained with is gone when it returns."""
    images, labels = load(config.data)
    layers = nn.Linear(64, config.hidden), nn.ReLU(), nn.Linear(config.hidden, 10)
    network = nn.Sequential(*layers).to(DEVICE)
    model = DistributedDataParallel(network) if WORLD > 1 else network
    losses = train(model, images, labels, config)
    if RANK == 0:
        output = os.environ.get("RUNSPEC_ARTIFACTS_DIR", config.output)
        save(network, losses, Path(output))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    config = OmegaConf.load(parser.parse_args().config)
    torch.manual_seed(config.seed)
    if DEVICE == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    if WORLD == 1:
        run(config)
        return
    dist.init_process_group("nccl" if DEVICE == "cuda" else "gloo")
    try:
        run(config)
        dist.barrier()  # no rank leaves while another may still need it
    finally:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
