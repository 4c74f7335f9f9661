"""The ``mycaffe`` command: one file for each verb, imported when the verb runs."""

from __future__ import annotations


def main() -> None:
    """Run the command line; the console script's entry point."""
    from mycaffe_py.cli.app import app

    app()
