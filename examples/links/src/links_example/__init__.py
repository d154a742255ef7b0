"""Carries the spec of the `links` script; the program itself is JavaScript."""
