"""The ``mycaffe`` command: one file for each verb, imported when the verb runs."""

from __future__ import annotations


def main() -> None:
    """Run the command line; the console script's entry point."""
    try:
        from .app import app
    except KeyboardInterrupt:  # Ctrl-C during start-up
        raise SystemExit(130) from None
    app()
