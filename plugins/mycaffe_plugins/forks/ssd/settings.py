"""Reading settings of SSD's layers."""

from __future__ import annotations

from typing import Any

from mycaffe_py.layer import Layer


def one_of_two(layer: Layer, field: str, other: str) -> tuple[str, Any]:
    """Return name and message of the one of two fields for the same settings that is given; fail if both are."""
    if not layer.param.HasField(other):
        return field, getattr(layer.param, field)
    if layer.param.HasField(field):
        layer.fail(f"give {field} or {other}, its other name, not both", field=other)
    return other, getattr(layer.param, other)


def number_of_classes(layer: Layer, param: Any, field: str) -> int:
    """Return ``num_classes`` of a message, or fail if it is not given or 0."""
    if not param.HasField("num_classes"):
        layer.fail("num_classes is not set: expected the number of classes", field=field)
    if param.num_classes < 1:
        layer.fail(
            f"num_classes is {param.num_classes}, but must be at least 1",
            field=f"{field}.num_classes",
        )
    return int(param.num_classes)


def background(layer: Layer, param: Any, classes: int, field: str) -> int:
    """Return ``background_label_id``, a class, or -1 if there is none."""
    if not -1 <= param.background_label_id < classes:
        layer.fail(
            f"background_label_id is {param.background_label_id}, but must be a class, from 0 to {classes - 1}, or -1 "
            "if there is none",
            field=f"{field}.background_label_id",
        )
    return int(param.background_label_id)
