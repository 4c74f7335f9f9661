"""The ``mycaffe`` command: one file for each verb, imported when the verb runs.

What plugins need for a verb of their own that looks and reads like the others is offered here.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .failures import echo as echo, echo_result as echo_result, say as say, warn as warn
    from .options import (
        json_option as json_option,
        load_plugins as load_plugins,
        plugin_option as plugin_option,
        python_option as python_option,
    )
    from .outputs import free_paths as free_paths, say_replaced as say_replaced
    from .run_files import needed_weights as needed_weights
    from .run_plugins import load_plugins_of as load_plugins_of
    from .verb import Verb as Verb
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        failures="echo echo_result say warn",
        options="json_option load_plugins plugin_option python_option",
        outputs="free_paths say_replaced",
        run_files="needed_weights",
        run_plugins="load_plugins_of",
        verb="Verb",
    )


def main() -> None:
    """Run the command line; the console script's entry point."""
    from .streams import safe_streams

    with safe_streams() as out:
        try:
            from .app import app
        except KeyboardInterrupt:  # Ctrl-C during start-up
            raise SystemExit(130) from None
        try:
            app()
        except SystemExit as end:
            sys.stdout.flush()
            if end.code or out is None or out.lost is None:
                raise
            from .failures import report_lost

            raise SystemExit(report_lost(out.lost)) from None
