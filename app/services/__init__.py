"""Verbs as module functions, one file a noun: read, decide, write."""
