"""SkyPilot: the task file of a launch, and the sky program."""
