"""The files of the templates, shipped and of plugins: found by name and read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from mycaffe_py.builder import TRAIN_NET_FIELDS, load_model, load_solver_file
from mycaffe_py.errors import ConfigError, MyCaffeError
from mycaffe_py.plugins import Registry, Template
from mycaffe_py.resources import resource_names, resource_path
from mycaffe_py.schema import Document
from mycaffe_py.schema.prototxt.files import read_text_file

SHIPPED = "mycaffe"
"""What is shown as the plugin of the shipped templates."""
_COMMENT = re.compile(r"\s*#[ \t]?(.*)")
_SENTENCE = re.compile(
    r"(?<=[.!?])\s+(?=[A-Z]|\w+/)"
)  # a sentence may begin with the name of a folder


def find_template(registry: Registry, kind: str, name: str) -> Template:
    """Return the template of a name, ``.prototxt`` or not; ConfigError with the nearest one."""
    return find_named([one for one, _ in all_templates(registry, kind)], kind, name)


def find_named(known: Sequence[Any], kind: str, name: str) -> Any:
    """Return that one of the templates whose name it is, whatever its case."""
    wanted = name.removesuffix(".prototxt")
    for one in known:
        if one.name.lower() == wanted.lower():
            return one
    names = [one.name for one in known]
    raise ConfigError(
        f'There is no {kind} template "{name}".',
        nearest=(wanted, names),
        hint=f"{kind} templates: {', '.join(names)}",
        field=kind,
    )


def all_templates(registry: Registry, kind: str) -> Iterator[tuple[Template, str]]:
    """Yield the templates of a kind, each with the plugin that brings it: the shipped ones, then those of plugins."""
    for name in resource_names(f"{kind}s"):
        yield Template(kind, Path(name).stem, resource_path(f"{kind}s", name)), SHIPPED
    for (of_kind, _), (template, owner) in sorted(registry.templates.items()):
        if of_kind == kind:
            yield template, owner


def first_comment(text: str) -> str:
    """Return the first sentence of the comment that a text begins with, or an empty string."""
    lines = []
    for line in text.lstrip("\ufeff").splitlines():
        found = _COMMENT.fullmatch(line)
        if not found or not found[1].strip():
            break
        lines.append(found[1])
    return _SENTENCE.split(" ".join(" ".join(lines).split()))[0]


def net_of(message: Any) -> str:
    """Return the name, without folder and suffix, of the net that a solver message names, or an empty string."""
    names = [getattr(message, name) for name in TRAIN_NET_FIELDS if message.HasField(name)]
    return PurePath(names[0]).stem if names and isinstance(names[0], str) else ""


@dataclass(frozen=True)
class TemplateFile:
    """A template and what its file says."""

    template: Template
    plugin: str
    document: Document

    @property
    def doc(self) -> str:
        """The template's own line, or the first sentence of its file."""
        return self.template.doc or first_comment(read_text_file(self.template.path))


def read_templates(registry: Registry, kind: str) -> list[TemplateFile]:
    """Read every template of a kind; one whose file has mistakes is left out."""
    load = load_model if kind == "model" else load_solver_file
    found = []
    for template, plugin in all_templates(registry, kind):
        try:
            found.append(TemplateFile(template, plugin, load(template.path, registry)))
        except MyCaffeError:
            continue  # `mycaffe check` on that file says what is wrong with it
    return found
