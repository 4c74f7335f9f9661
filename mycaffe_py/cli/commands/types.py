"""``mycaffe layers`` and the other verbs that list types."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from mycaffe_py.cli.failures import echo
from mycaffe_py.cli.options import json_option, plugin_option
from mycaffe_py.cli.verb import Verb
from mycaffe_py.plugins import singular


def _verb(kind: str, example: str) -> Verb:
    verb = kind.replace("_", "-")
    what = "learning-rate policies" if kind == "lr_policies" else f"{singular(kind)} types"

    @plugin_option
    @json_option
    @click.argument("type_name", required=False, metavar="[TYPE]")
    def run(type_name: str | None, plugins: tuple[str, ...], as_json: bool) -> None:
        import json

        from mycaffe_py.cli.actions.types import list_text, type_text
        from mycaffe_py.cli.options import load_plugins
        from mycaffe_py.plugins import describe_type, list_types

        registry = load_plugins(plugins)
        entries: Any
        text: Callable[[Any], Iterable[str]]
        if type_name is None:
            entries = list_types(registry, kind)
            text = list_text
        else:
            entries = describe_type(registry, kind, type_name)
            text = type_text
        echo(json.dumps(entries, indent=2) if as_json else "\n".join(text(entries)))

    return click.command(
        verb,
        cls=Verb,
        examples=(
            f"mycaffe {verb}",
            f"mycaffe {verb} {example}",
            f"mycaffe {verb} --plugin mine.py --json",
        ),
        help=f"List {what}, or print the settings of one with types, defaults and descriptions.",
    )(run)


layers = _verb("layers", "CFC")
solvers = _verb("solvers", "AdamW")
fillers = _verb("fillers", "xavier")
gyms = _verb("gyms", "Curve")
trainers = _verb("trainers", "RNN.SUPER_SIMPLE")
lr_policies = _verb("lr_policies", "step")
observers = _verb("observers", "TensorBoard")
