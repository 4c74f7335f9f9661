"""A click command that shows examples first and accepts Caffe's spelling of flags."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import click

from mycaffe_py.errors import MyCaffeError
from mycaffe_py.reading import allow_pipes


def examples_first(formatter: click.HelpFormatter, examples: Sequence[str]) -> None:
    """Write the examples of a help page."""
    with formatter.section("Examples"):
        for example in examples:
            formatter.write(f"{'':{formatter.current_indent}}{example}\n")
    formatter.write_paragraph()


def normalised(arguments: Iterable[str], options: set[str]) -> list[str]:
    """Return the arguments with ``-solver`` and ``--run_dir`` spelled ``--solver`` and ``--run-dir``."""
    result: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        result.append(_normalised(argument, options))
        if argument == "--":
            break
    return [*result, *rest]


def _normalised(argument: str, options: set[str]) -> str:
    name, equals, value = argument.partition("=")
    body = name.lstrip("-")
    if name == body or not body[:1].isalpha() or len(body) < 2:
        return argument
    if "." in argument and os.path.exists(argument):
        return argument  # a file's name that begins with a hyphen
    for spelling in (f"--{body}", f"--{body.replace('_', '-')}"):
        if spelling in options:
            return f"{spelling}{equals}{value}"
    if all(f"-{letter}" in options for letter in body):
        return argument  # short flags together, such as -qv
    return f"--{body}{equals}{value}"


def plain_flags(arguments: Sequence[str], flags: set[str]) -> list[str]:
    """Return the arguments with ``--gray=true`` spelled ``--gray``, and without ``--gray=false``."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    result = []
    for argument in arguments[:end]:
        name, equals, value = argument.partition("=")
        if equals and name in flags and value.lower() in _TRUE | _FALSE:
            result += [name] * (value.lower() in _TRUE)
        else:
            result.append(argument)
    return [*result, *arguments[end:]]


def _is_flag(param: click.Parameter) -> bool:
    return isinstance(param, click.Option) and param.is_flag


_ARGUMENTS = "mycaffe arguments"
_WRONG_FILE = ("E101", "E310")
_TRUE, _FALSE = {"true", "t", "yes", "y", "1"}, {"false", "f", "no", "n", "0"}  # gflags'

# The shell does not expand ~ after an equals sign or in quotes.
_PATHS = {
    *("files", "model", "out", "plugins", "resume", "run_dir", "snapshot", "solver", "source"),
    *("data", "target", "weights"),
}


def _expand_home(value: Any) -> Any:
    """Return a path, or a tuple of paths, with ``~/`` expanded."""
    if isinstance(value, tuple):
        return tuple(map(_expand_home, value))
    return os.path.expanduser(value) if value and value.startswith("~/") else value


def refuse_split_settings(ctx: click.Context, options: set[str], arguments: Sequence[str]) -> None:
    """Report ``--set KEY VALUE`` and ``--set KEY = VALUE``."""
    if "--set" not in options:
        return
    for index, argument in enumerate(arguments[:-1]):
        key = arguments[index + 1] if argument == "--set" else argument.removeprefix("--set=")
        if argument != "--set" and key == argument:
            continue
        rest = arguments[index + 2 if argument == "--set" else index + 1 :]
        if rest[:1] in (["="], ["=="]):
            rest = rest[1:]
        elif "=" in key.rstrip("=") or ":" in key or not rest:
            continue
        if rest and not rest[0].startswith("--"):
            error = click.UsageError(f'--set {key}: there is no "=" between it and its value', ctx)
            value = rest[0].lstrip("=")
            error.hint = f"write --set {key.rstrip('=')}={value}"  # type: ignore[attr-defined]
            raise error


class Verb(click.Command):
    """One verb; its help begins with ``examples``."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.examples = examples

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Accept Caffe's spelling of flags, then parse as click does."""
        options = {name for param in self.get_params(ctx) for name in param.opts}
        flags = {name for param in self.get_params(ctx) if _is_flag(param) for name in param.opts}
        arguments = plain_flags(normalised(args, options), flags)
        refuse_split_settings(ctx, options, arguments)
        ctx.meta[_ARGUMENTS] = arguments
        allow_pipes(arguments)
        try:
            self._refuse_stray_words(ctx, arguments)
            rest = super().parse_args(ctx, list(arguments))
        except click.NoSuchOption as error:
            from .unknown_option import hint_for

            error.hint = hint_for(error.option_name, arguments, ctx)  # type: ignore[attr-defined]
            raise
        except click.BadOptionUsage as error:
            error.ctx = ctx  # the parser does not say whose option it is
            raise
        for param in self.get_params(ctx):
            values = ctx.params.get(param.name or "")
            if values == "" or (isinstance(values, tuple) and "" in values):
                raise click.BadParameter("it is empty", ctx, param)
        for name in _PATHS & ctx.params.keys():
            ctx.params[name] = _expand_home(ctx.params[name])
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; a file of the wrong kind is reported with the line that was meant."""
        try:
            return super().invoke(ctx)
        except MyCaffeError as error:
            if error.problems[0].code not in _WRONG_FILE:
                raise
            from .wrong_file import explained

            better = explained(error, ctx, ctx.meta[_ARGUMENTS])
            if better is error:
                raise
            raise better from error

    def _refuse_stray_words(self, ctx: click.Context, arguments: list[str]) -> None:
        """Report a word without an option, with a suggestion, before a missing option is reported."""
        params = self.get_params(ctx)
        if any(isinstance(param, click.Argument) for param in params):
            return
        _, stray, _ = self.make_parser(ctx).parse_args(list(arguments))
        if stray:
            from .stray_words import hint_for

            options = {name for param in params for name in param.opts}
            flags = {name for param in params if _is_flag(param) for name in param.opts}
            error = click.UsageError(f'"{stray[0]}" does not belong to an option', ctx)
            error.hint = hint_for(stray[0], arguments, options, flags)  # type: ignore[attr-defined]
            raise error

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write examples, usage, options."""
        examples_first(formatter, self.examples)
        super().format_help(ctx, formatter)
