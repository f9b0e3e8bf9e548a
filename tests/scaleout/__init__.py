"""Hosts as network namespaces: replicas, partitions, roll-outs."""
