"""Ray: the Jobs REST API of a running cluster, and what is sent to it."""
