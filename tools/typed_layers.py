"""Write ``mycaffe_py/pycaffe/typed_layers.pyi``: what editors and type checkers know of ``L.Type`` and ``P.Message``.

Run it after a change of a bundled layer's settings: ``python tools/typed_layers.py``. A test compares the file.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mycaffe_py.plugins import load_registry
from mycaffe_py.plugins.describing import first_sentence
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.pycaffe.layer_help import python_type, settings_of

FILE = Path(__file__).parents[1] / "mycaffe_py" / "pycaffe" / "typed_layers.pyi"

_HEAD = '''"""The types of ``layers`` and ``params`` for editors and type checkers. Written by tools/typed_layers.py."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from mycaffe_py.schema.given import ProtoMessage

from .net_spec import Layers, Parameters, Top

Fields = Mapping[str, Any] | ProtoMessage
"""The fields of a message: a dict, or the message itself."""

class Tops(Top):
    """What ``L.Type`` returns: a Top; with ``ntop`` above 1 a tuple of Tops, which can be unpacked."""
    def __iter__(self) -> Iterator[Top]: ...
    def __getitem__(self, index: int) -> Top: ...
    def __len__(self) -> int: ...
'''


def stub_text(registry: Registry) -> str:
    """Return the text of the stub file."""
    parts = [_HEAD, *_params(registry), *_layers(registry)]
    return "\n".join(parts)


def _layers(registry: Registry) -> Iterator[str]:
    yield "class TypedLayers(Layers):"
    yield '    """``layers``: a method for each type of the bundled layers."""'
    yield "    def __getattr__(self, type_name: str) -> Callable[..., Any]: ..."
    for cls in registry.layers.classes():
        if cls.type.isidentifier():
            yield from _method(registry, cls)


def _method(registry: Registry, cls: Any) -> Iterator[str]:
    fields = [field for _, field in settings_of(registry, cls.type)]
    own = [f"{field['name']}: {_annotation(field)} = ..." for field in fields]
    words = [
        "self",
        "*bottoms: Top",
        "ntop: int = ...",
        "in_place: bool = ...",
        *own,
        "**layer_parameter: Any",
    ]
    inside = textwrap.wrap(
        ", ".join(word.replace(" ", "\0") for word in words),
        108,
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield f"    def {cls.type}("
    yield from (f"        {line}".replace("\0", " ") for line in inside)
    yield "    ) -> Tops:"
    yield f"        {json.dumps(first_sentence(cls.__doc__), ensure_ascii=False)}"


def _annotation(field: dict[str, Any]) -> str:
    kind, values = python_type(field), field["values"]
    choice = ", ".join(f'"{value["name"]}"' for value in values)
    return kind.replace("int | str", f"int | Literal[{choice}]").replace(
        "Mapping[str, Any]", "Fields"
    )


def _params(registry: Registry) -> Iterator[str]:
    enums: dict[str, list[str]] = {}
    for enum in registry.schema.catalog.enums.values():
        message = enum.name.rpartition(".")[0]
        if message.endswith("Parameter") and "." not in message:
            enums.setdefault(message.removesuffix("Parameter"), []).extend(enum.numbers)
    for name in sorted(enums):
        yield f"class {name}Values:"
        yield from (f"    {value}: int" for value in dict.fromkeys(enums[name]))
        yield ""
    yield "class TypedParams(Parameters):"
    yield '    """``params``: the enum values of each message of the bundled layers."""'
    yield "    def __getattr__(self, name: str) -> Any: ..."
    yield from (f"    {name}: {name}Values" for name in sorted(enums))
    yield ""


def bundled() -> Registry:
    """Return a registry without third-party plugins."""
    return load_registry(allow="")


if __name__ == "__main__":
    FILE.write_text(stub_text(bundled()) + "\n", encoding="utf-8")
    print(FILE)
