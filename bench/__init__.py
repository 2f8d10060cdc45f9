"""Benchmarks and storms, each one command: ``make bench-accept``, ``make bench-list``, ``make storm``."""
