"""Making a plugin: one file, and its tests."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from mycaffe_py.plugins import Registry, default_registry

from .kinds import SKELETONS
from .naming import check_module, check_unused, names_of
from .rendering import rendered
from .writing import check_free, write_new


@dataclass(frozen=True)
class Made:
    """What was made: the files, the folder to work in, and the lines that say what to type next."""

    files: list[Path]
    folder: Path
    next_steps: list[str]


def make_plugin(
    kind: str,
    name: str,
    folder: Path | str = ".",
    registry: Registry | None = None,
    verbs: Collection[str] = (),
) -> Made:
    """Write a plugin of a kind, one of ``SKELETONS``, and its tests into ``folder``.

    ``name`` may be written ``MyGate``, ``my-gate`` or ``my_gate``; a verb cannot have one of ``verbs``. ConfigError for
    a name that does not do and a file that exists, OutputError if a file cannot be written; nothing is left then.
    """
    skeleton, folder, names = SKELETONS[kind], Path(folder), names_of(name)
    files = [f"{names.snake}.py", f"test_{names.snake}.py"]
    check_free(folder, files)
    check_module(name, names.snake)
    check_unused(name, names, skeleton, registry or default_registry(), verbs)
    texts = [rendered(f"{skeleton.stem}{end}.py.txt", names) for end in ("", "_test")]
    written = write_new(folder, dict(zip(files, texts, strict=True)))
    return Made(written, folder, rendered(f"{skeleton.stem}_next.txt", names).splitlines())
