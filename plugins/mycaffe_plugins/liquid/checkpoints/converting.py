"""Implementation of ``mycaffe convert-weights``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mycaffe_py.builder import load_model
from mycaffe_py.cli import echo_result, load_plugins, say_replaced
from mycaffe_py.errors import ConfigError, SnapshotError
from mycaffe_py.layer import PHASE_NAMES
from mycaffe_py.net import Net
from mycaffe_py.weights import check_target, load_weights

from .exporting import export
from .importing import Checkpoint, fill_layer
from .own_layer import OwnLayer, own_layer
from .saving import save_layer
from .state_files import SUFFIXES

_OURS = (".caffemodel", ".h5")
_BEST = ("best.caffemodel", "last.caffemodel", "best.caffemodel.h5", "last.caffemodel.h5")


def convert(
    *,
    source: str,
    target: str | None,
    model: str | None,
    layer: str | None,
    prefix: str | None,
    to: str | None,
    phase: str,
    print_layer: bool,
    plugins: tuple[str, ...],
) -> int:
    """Convert a file of weights as the command line asks; return the exit code."""
    registry = load_plugins(plugins)
    path = _weights_file(Path(source))
    if print_layer:
        _check_printing(path, target)
        echo_result(Checkpoint(path, prefix).layer_text(registry.schema))
        return 0
    out = _target(path, target)
    build = _builder(_model_of(path, model), layer, phase, registry)
    if not _is_theirs(path):
        own = build("float64")
        if own.layer.name in load_weights(own.net, path).missing:
            raise SnapshotError(f'{path} has no weights for layer "{own.layer.name}"')
        export(own, out, prefix, to)
    else:
        if to is not None:
            raise ConfigError(
                f"--to is for files of PyTorch, but {out} is none", hint="leave it out"
            )
        own = fill_layer(Checkpoint(path, prefix), build)
        say_replaced([out])
        save_layer(own.net, own.layer, out)
    echo_result(str(out))
    return 0


def _builder(model: str, layer: str | None, phase: str, registry: Any) -> Callable[[str], OwnLayer]:
    """Return the function that builds the net for a dtype and returns its liquid layer."""

    def build(dtype: str) -> OwnLayer:
        number = PHASE_NAMES.index(phase.upper())
        document = load_model(model, registry)
        net = Net(document, number, registry=registry, device="cpu", dtype=dtype)
        return own_layer(net, layer)

    return build


# The files.


def _weights_file(path: Path) -> Path:
    """Return the file that is meant: of a run's folder, its best weights."""
    if not os.path.isdir(path):
        return path
    for name in _BEST:
        if os.path.isfile(path / name):
            return path / name
    raise ConfigError(f"{path} is a folder without best.caffemodel or last.caffemodel")


def _is_theirs(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _check_printing(path: Path, target: str | None) -> None:
    if target is not None:
        raise ConfigError(
            f"--print-layer writes no file, but the target {target} is given",
            hint="leave one of them out",
        )
    if not _is_theirs(path):
        raise ConfigError(
            f"--print-layer describes a checkpoint of PyTorch, but {path} is none, by its suffix",
            hint=f"checkpoints end with {', '.join(SUFFIXES)}",
        )


def _target(source: Path, target: str | None) -> Path:
    """Return the target; one of the two files must be ours, the other PyTorch's."""
    if target is None:
        raise ConfigError(
            "convert-weights needs a TARGET",
            hint="mycaffe convert-weights w.safetensors w.caffemodel --model net.prototxt",
        )
    out = Path(target)
    for path in (source, out):
        if not _is_theirs(path) and path.suffix.lower() not in _OURS:
            raise ConfigError(
                f"{path} is neither a weights file of ours nor of PyTorch, by its suffix",
                hint=f"ours: .caffemodel, .caffemodel.h5; PyTorch's: {', '.join(SUFFIXES)}",
            )
    if _is_theirs(source) == _is_theirs(out):
        kind = "files of PyTorch" if _is_theirs(out) else "weights files of ours"
        raise ConfigError(
            f"{source} and {out} are both {kind}: there is nothing to convert",
            hint="one must end with .caffemodel or .caffemodel.h5, the other with .safetensors or .pt",
        )
    check_target(out)
    return out


def _model_of(source: Path, model: str | None) -> str:
    if model is not None:
        return model
    beside = source.parent / "model.prototxt"
    if not _is_theirs(source) and os.path.isfile(beside):
        return str(beside)
    raise ConfigError(
        "convert-weights needs --model FILE, the net with the liquid layer",
        hint="--print-layer prints a layer that fits a checkpoint" if _is_theirs(source) else None,
    )
