"""Kubernetes: the objects of a launch, kubectl, and what the objects say."""
