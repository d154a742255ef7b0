"""Files that a launch is emitted as."""
