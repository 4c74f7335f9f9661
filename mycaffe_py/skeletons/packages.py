"""Making a package: a folder that can be installed, with one plugin or several."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins import Registry, default_registry
from mycaffe_py.version import __version__

from .kinds import SKELETONS, Skeleton
from .making import Made
from .naming import Names, check_module, check_unused, names_of
from .rendering import filled_in, rendered, template
from .writing import check_free, write_new


def make_package(
    name: str,
    kinds: Sequence[str] = (),
    folder: Path | str = ".",
    registry: Registry | None = None,
    verbs: Collection[str] = (),
) -> Made:
    """Make a folder ``mycaffe-NAME`` with a package that holds a plugin of each kind, by default a layer.

    A kind may come with the plugin's name, ``layer:SoftClip``. Of several kinds without one, each plugin's name ends
    with its kind: ``MyGateLayer``, ``MyGateGym``. Raises as :func:`make_plugin` does.
    """
    registry = registry or default_registry()
    bare = name[8:] if name.lower().startswith(("mycaffe-", "mycaffe_")) else name
    names = names_of(bare)
    package, top = f"mycaffe_{names.snake}", Path(folder) / f"mycaffe-{names.dashed}"
    check_free(top.parent, [top.name])
    check_module(name, package)
    parts = _parts(bare, list(dict.fromkeys(kinds or ("layer",))))
    texts = _package_files(names, package, parts)
    for skeleton, own in parts:
        check_unused(name, own, skeleton, registry, verbs)
        texts[f"src/{package}/{own.snake}.py"] = rendered(f"{skeleton.stem}.py.txt", own)
        test = template(f"{skeleton.stem}_test.py.txt")
        test = test.replace("from my_name import", f"from {package}.{own.snake} import")
        texts[f"tests/test_{own.snake}.py"] = filled_in(test, own)
    next_steps = filled_in(template("package_next.txt"), names).replace("SHOW", _shown(parts))
    return Made(write_new(top, texts), top, next_steps.splitlines())


def _parts(name: str, kinds: Sequence[str]) -> list[tuple[Skeleton, Names]]:
    """Return the package's plugins, each with its own names; ConfigError if two have the same."""
    parts = []
    for text in kinds:
        kind, colon, own = text.partition(":")
        skeleton = SKELETONS[kind]
        several = len(kinds) > 1 and not colon
        names = names_of(own if colon else name)
        parts.append((skeleton, _with_kind(names, skeleton) if several else names))
    files = [names.snake for _, names in parts]
    twice = [file for file in files if files.count(file) > 1]
    if twice:
        raise ConfigError(
            f'two plugins of the package are called "{twice[0]}"',
            hint="name each: --kind layer:SoftClip --kind gym:Waves",
        )
    return parts


def _with_kind(names: Names, skeleton: Skeleton) -> Names:
    ending = skeleton.stem.title().replace("_", "")
    return Names(f"{names.camel}{ending}", f"{names.snake}_{skeleton.stem}")


def _package_files(
    names: Names, package: str, parts: Sequence[tuple[Skeleton, Names]]
) -> dict[str, str]:
    """Return the texts of the files that are not the plugins' own."""
    contents = " and ".join(
        part for part in (", ".join(_titles(parts[:-1])), _titles(parts)[-1]) if part
    )
    values = {
        "CONTENTS": contents[:1].upper() + contents[1:],
        "VERSION": ".".join(__version__.split(".")[:2]),
        "ENTRY_POINTS": _entry_points(package, parts),
        "SHOW": _shown(parts),
    }
    files = {
        "pyproject.toml": "package_pyproject.toml.txt",
        "README.md": "package_readme.md.txt",
        "LICENSE": "package_licence.txt",
        ".gitignore": "package_ignored.txt",
        ".github/workflows/tests.yml": "package_workflow.yml.txt",
    }
    texts = {}
    for file, source in files.items():
        text = template(source)
        for mark, value in values.items():
            text = text.replace(mark, value)
        texts[file] = filled_in(text, names)
    return {**texts, f"src/{package}/__init__.py": f'"""{values["CONTENTS"]} for mycaffe."""\n'}


def _titles(parts: Sequence[tuple[Skeleton, Names]]) -> list[str]:
    return [f"the {one.name} {_type(one, own)}" for one, own in parts]


def _entry_points(package: str, parts: Sequence[tuple[Skeleton, Names]]) -> str:
    """Return the tables of pyproject.toml by which mycaffe finds the plugins, and its verbs without loading any."""
    tables: dict[str, list[str]] = {}
    for skeleton, own in parts:
        place = f"{package}.{own.snake}"
        if skeleton.kind:
            tables.setdefault("mycaffe", []).append(f'{own.snake} = "{place}"')
        else:
            table = tables.setdefault('"mycaffe.commands"', [])
            table.append(f'{own.dashed} = "{place}:command"')
    lines = []
    for group, entries in tables.items():
        lines += ["", f"[project.entry-points.{group}]", *entries]
    return "\n".join([*lines, ""])


def _shown(parts: Sequence[tuple[Skeleton, Names]]) -> str:
    """Return the commands that show what the package holds."""
    return "\n".join(
        f"mycaffe {one.lists} {_type(one, own)}" if one.kind else f"mycaffe {own.dashed} --help"
        for one, own in parts
    )


def _type(skeleton: Skeleton, names: Names) -> str:
    if not skeleton.kind:
        return names.dashed
    return names.snake if skeleton.lower_case else names.camel
