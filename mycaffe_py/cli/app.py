"""Click group of all verbs: imported when needed, with errors turned into exit codes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click

from mycaffe_py.compiled import telling
from mycaffe_py.errors import EXIT_OK, ConfigError, PluginError
from mycaffe_py.permission import refusing_python_layers
from mycaffe_py.plugin_code import from_users_code
from mycaffe_py.version import __version__
from mycaffe_py.written_files import limits

from .failures import report, say, silence, warn, warn_only
from .glog import logging_by
from .glog_flags import split_glog
from .interrupts import ending_cleanly
from .plugin_verbs import commands_of_plugins, with_its_arguments
from .settings_here import without_settings_here
from .shown_warnings import showing_warnings
from .third_party import has_third_party, installed_commands, load_command
from .verb import examples_first

_COMMANDS = "mycaffe_py.cli.commands"

VERBS = {
    "train": ("train:command", "Train a net."),
    "test": ("test:command", "Run a trained net with frozen weights."),
    "check": ("check:command", "Report every mistake in prototxt files."),
    "predict": ("predict:command", "Forecast what follows a gym's data."),
    "runs": ("runs:command", "List runs with their figures."),
    "stop": ("stop:command", "Stop a run, or ask it for a snapshot."),
    "new": ("new:command", "Make a new project, layer, gym, ... or package."),
    "convert-imageset": ("convert_imageset:command", "Create a database of images."),
    "compute-image-mean": ("compute_image_mean:command", "Compute the mean image of a database."),
    "extract-features": ("extract_features:command", "Write a net's outputs to databases."),
    "time": ("time:command", "Time each layer of a net."),
    "draw": ("draw:command", "Draw a picture of a net."),
    "explain": ("explain:command", "Draw what a layer of a trained net has learned."),
    "upgrade-net": ("upgrade:net", "Upgrade a net to the current format."),
    "upgrade-solver": ("upgrade:solver", "Upgrade a solver to the current format."),
    "doctor": ("doctor:command", "Show versions, devices, plugins and extras."),
    "device-query": ("device_query:command", "Show the properties of GPUs."),
    "plugins": ("plugins:command", "List plugins and what they offer."),
    "layers": ("types:layers", "List layer types, or describe one."),
    "solvers": ("types:solvers", "List solver types, or describe one."),
    "fillers": ("types:fillers", "List filler types, or describe one."),
    "gyms": ("types:gyms", "List gym types, or describe one."),
    "trainers": ("types:trainers", "List trainer types, or describe one."),
    "lr-policies": ("types:lr_policies", "List learning-rate policies, or describe one."),
    "observers": ("types:observers", "List observer types, or describe one."),
}

# The names of Caffe's other tools.
TOOLS = {
    "draw-net": "draw",
    "upgrade-net-proto-binary": "upgrade-net",
    "upgrade-net-proto-text": "upgrade-net",
    "upgrade-solver-proto-text": "upgrade-solver",
}

EXAMPLES = (
    "mycaffe train --model LiquidNetCfc.prototxt --solver adamw.prototxt",
    "mycaffe check mynet.prototxt",
    "mycaffe layers CFC",
)

EXIT_CODES = """Exit codes: 0 ok, 1 bug, 2 usage or configuration, 3 missing file, plugin or extra,
4 device unavailable, 5 diverged, 130 interrupted."""


class App(click.Group):
    """Click group that imports a verb's module when the verb is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all verbs: the built-in ones in their order, then those of installed plugins."""
        return [*VERBS, *sorted((installed_commands().keys() | plugin_commands()) - VERBS.keys())]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import and return one verb, or None; names of Caffe's tools, such as ``device_query``, are accepted too."""
        own = name.replace("_", "-")
        own = TOOLS.get(own, own)
        if own in VERBS:
            module, _, attribute = VERBS[own][0].partition(":")
            return getattr(importlib.import_module(f"{_COMMANDS}.{module}"), attribute)
        installed = installed_commands()
        found = name if name in installed else own
        if found in installed:
            try:
                return load_command(found, installed[found])
            except PluginError:
                return None
        return plugin_commands().get(name)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the verb, also that of a plugin named with ``--plugin``; or fail and suggest the nearest name."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            brought = commands_of_plugins(args)
            if args[0] in brought:
                return with_its_arguments(brought[args[0]], args)
            if args[0] in installed_commands():
                load_command(args[0], installed_commands()[args[0]])  # raises the reason
            from mycaffe_py.plugins.unlisted import check_listed

            from .unknown_verb import hint_for

            check_listed()  # the verb may be that of a bundled plugin
            hint = hint_for(args, [*self.list_commands(ctx), *brought])
            raise click.UsageError(f'unknown verb "{args[0]}"; {hint}', ctx)
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write examples, usage, options, verbs."""
        examples_first(formatter, EXAMPLES)
        super().format_help(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of verbs without importing the built-in ones."""
        rows = [(name, text) for name, (_, text) in VERBS.items()]
        rows += [(name, command.get_short_help_str()) for name, command in _further_commands()]
        with formatter.section("Verbs"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb, which runs no code that files name; end quietly if the reader has closed the pipe."""
        try:
            with without_settings_here(), refusing_python_layers():
                result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except BrokenPipeError:
            # Whatever is still buffered could not be flushed when the interpreter exits.
            silence(sys.stdout)
            return EXIT_OK

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line and exit with the documented code."""
        arguments, debug = split_debug(sys.argv[1:] if args is None else args)
        run = super().main
        prog_name = prog_name or "mycaffe"
        if not standalone_mode:
            with limits():
                return run(arguments, prog_name, complete_var, standalone_mode=False, **extra)
        try:
            arguments, rules = split_glog(arguments)
        except ConfigError as error:
            sys.exit(report(error))
        with logging_by(rules, warn_only):
            try:
                with ending_cleanly(), showing_warnings(), telling(say), limits():
                    code = run(arguments, prog_name, complete_var, standalone_mode=False, **extra)
            except (Exception, click.Abort) as error:
                code = report(error, debug=debug)
            except SystemExit as error:
                if not from_users_code(
                    error
                ):  # a layer that calls sys.exit(0) does not end a verb well
                    raise
                code = report(error, debug=debug)
        sys.exit(code if isinstance(code, int) else EXIT_OK)


def split_debug(args: Sequence[str]) -> tuple[list[str], bool]:
    """Remove ``--debug`` from the arguments, wherever it is before a ``--``; return them and whether it was there."""
    arguments = list(args)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    kept = [argument for argument in arguments[:end] if argument != "--debug"]
    return kept + arguments[end:], len(kept) < end


def plugin_commands() -> dict[str, click.Command]:
    """Return the verbs of installed third-party plugins; loads plugins only if there are any."""
    if not has_third_party():
        return {}
    from mycaffe_py.plugins.registry import default_registry

    return default_registry().commands


def _further_commands() -> list[tuple[str, click.Command]]:
    """Return the verbs that are not built in, sorted; warn of those that cannot be loaded."""
    found = plugin_commands()
    for name, place in installed_commands().items():
        try:
            found = found | {name: load_command(name, place)}
        except PluginError as error:
            warn(error.message)
    return sorted((name, command) for name, command in found.items() if name not in VERBS)


@click.group(
    cls=App,
    epilog=EXIT_CODES,
    subcommand_metavar="VERB [OPTIONS]",
    options_metavar="",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="mycaffe", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show tracebacks; also accepted after the verb.")
def app(debug: bool) -> None:
    """Train liquid and other neural nets from Caffe prototxt files."""
