"""Where a plan can be run: one module per executor."""
