"""Pipelines: stages, each a launch after those it waits for."""
