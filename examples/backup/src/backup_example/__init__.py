"""Carries the spec of the `backup` script; the program itself is bash."""
