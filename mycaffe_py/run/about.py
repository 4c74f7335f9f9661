"""What the observers of a run are told before it starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from mycaffe_py.events.run_info import LayerInfo, RunInfo
from mycaffe_py.schema.decimals import as_written
from mycaffe_py.schema.prototxt.places import is_repeated

from .settings import with_absolute_paths, without_blobs


def run_info(training: Any, folder: Path, resumed_run: Path | None = None) -> RunInfo:
    """Return the description of a training whose run folder is ``folder``."""
    solver = with_absolute_paths(training.solver_document)
    info = solver_info(training.solver, folder)
    return replace(
        info,
        solver=training.registry.schema.to_text(solver),
        seed=training.seed,
        resumed_run=resumed_run,
    )


def solver_info(solver: Any, folder: Path) -> RunInfo:
    """Return the description of what a solver will do, with a folder for files."""
    net = solver.net
    to_text = net.registry.schema.to_text
    return RunInfo(
        folder=folder,
        net=net.name,
        model=to_text(without_blobs(with_absolute_paths(net.document))),
        solver=to_text(solver.param),
        settings=simple_settings(solver.param),
        seed=net.device.seed,
        device=net.device.name,
        iteration=solver.iter,
        max_iter=solver.param.max_iter,
        layers=layers_of(net),
    )


def simple_settings(param: Any) -> dict[str, Any]:
    """Return the fields of a SolverParameter that are set or have a default, without messages and lists."""
    found: dict[str, Any] = {}
    for field in param.DESCRIPTOR.fields:
        if is_repeated(field) or field.message_type is not None:
            continue
        if not (param.HasField(field.name) or field.has_default_value):
            continue
        value = getattr(param, field.name)
        if field.enum_type is not None:
            value = field.enum_type.values_by_number[value].name
        elif field.cpp_type == field.CPPTYPE_FLOAT:
            value = as_written(value)
        found[field.name] = value
    return found


def layers_of(net: Any) -> tuple[LayerInfo, ...]:
    """Return the layers of a net, with inserted splits, as they are wired."""
    rows = zip(net.device_layers, net.bottoms, net.tops, strict=True)
    return tuple(
        LayerInfo(
            layer.name,
            layer.type,
            tuple(blob.name for blob in bottoms),
            tuple(blob.name for blob in tops),
            tuple(tuple(blob.shape) for blob in tops),
            tuple(tuple(blob.shape) for blob in layer.blobs),
        )
        for layer, bottoms, tops in rows
    )
