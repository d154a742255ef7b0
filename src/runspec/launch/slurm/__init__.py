"""Slurm: the job script, what is sent along, and what Slurm says of a job."""
