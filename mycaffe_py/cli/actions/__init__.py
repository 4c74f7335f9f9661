"""Implementations of the verbs; each file is named like its verb's file in ``commands``."""
