"""The ``mycaffe`` command: one file for each verb, imported when the verb runs.

What plugins need for a verb of their own that looks and reads like the others is offered here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .failures import echo_result as echo_result, say as say, warn as warn
    from .options import (
        json_option as json_option,
        load_plugins as load_plugins,
        plugin_option as plugin_option,
    )
    from .outputs import free_paths as free_paths, say_replaced as say_replaced
    from .run_plugins import load_plugins_of as load_plugins_of
    from .verb import Verb as Verb
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        failures="echo_result say warn",
        options="json_option load_plugins plugin_option",
        outputs="free_paths say_replaced",
        run_plugins="load_plugins_of",
        verb="Verb",
    )


def main() -> None:
    """Run the command line; the console script's entry point."""
    try:
        from .app import app
    except KeyboardInterrupt:  # Ctrl-C during start-up
        raise SystemExit(130) from None
    app()
