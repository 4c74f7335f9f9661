"""Labels of the boxes and arrows in a net's picture, worded as in Caffe."""

from __future__ import annotations

from typing import Any

_WINDOWED = ("Convolution", "Deconvolution", "Pooling")


def layer_lines(layer: Any, rankdir: str, display_lrm: bool = False) -> list[str]:
    """Return a layer's lines: name, type, windows; in top-to-bottom pictures some are joined."""
    kind = layer.type
    if kind == "Pooling":
        field = layer.pooling_param.DESCRIPTOR.fields_by_name["pool"]
        kind += f" {field.enum_type.values_by_number[layer.pooling_param.pool].name}"
    lines = [f"({kind})"]
    if layer.type in _WINDOWED:
        lines += _windows(layer)
    if display_lrm:
        multipliers = [spec.lr_mult if spec.HasField("lr_mult") else 1.0 for spec in layer.param]
        if any(multipliers):
            lines.append(f"lr mult: {', '.join(f'{each:.1f}' for each in multipliers)}")
    if rankdir in ("TB", "BT"):
        return [f"{layer.name} {lines[0]}", *([" ".join(lines[1:])] if lines[1:] else [])]
    return [layer.name, *lines]


def _windows(layer: Any) -> list[str]:
    param = layer.pooling_param if layer.type == "Pooling" else layer.convolution_param
    if layer.type == "Pooling" and param.global_pooling:
        return ["global"]
    return [
        f"kernel size: {_sizes(param, 'kernel_size', 'kernel', 1)}",
        f"stride: {_sizes(param, 'stride', 'stride', 1)}",
        f"pad: {_sizes(param, 'pad', 'pad', 0)}",
    ]


def _sizes(param: Any, name: str, stem: str, default: int) -> str:
    """Return a size as one number if equal for both axes, else as ``height x width``."""
    sides = (f"{stem}_h", f"{stem}_w")
    if any(param.HasField(side) for side in sides):
        values = [getattr(param, side) for side in sides]
    else:
        value = getattr(param, name)
        values = list(value) if hasattr(value, "extend") else [value]
    values = values or [default]
    return str(values[0]) if len(set(values)) == 1 else " x ".join(map(str, values))


def layer_summary(layer: Any) -> str:
    """Return a layer's main settings in few words, such as ``3x3, stride 2, 64 outputs``, or ""."""
    parts: list[str] = []
    kind = ""
    if layer.type in _WINDOWED:
        param = layer.pooling_param if layer.type == "Pooling" else layer.convolution_param
        if layer.type == "Pooling":
            field = param.DESCRIPTOR.fields_by_name["pool"]
            kind = f"{field.enum_type.values_by_number[param.pool].name} "
        if layer.type == "Pooling" and param.global_pooling:
            parts.append(f"{kind}global")
        else:
            parts.append(f"{kind}{_window(param)}")
            stride = _sizes(param, "stride", "stride", 1)
            parts += [f"stride {stride}"] if stride != "1" else []
    if layer.type in (*_WINDOWED[:2], "InnerProduct"):
        param = getattr(
            layer, "inner_product_param" if "Inner" in layer.type else "convolution_param"
        )
        parts.append(f"{param.num_output} outputs")
    if layer.type == "Data" and layer.data_param.batch_size:
        parts.append(f"batch of {layer.data_param.batch_size}")
    if len(layer.loss_weight) == 1 and layer.loss_weight[0] not in (0, 1):
        parts.append(f"loss weight {layer.loss_weight[0]:.4g}")
    return ", ".join(parts)


def _window(param: Any) -> str:
    size = _sizes(param, "kernel_size", "kernel", 1).replace(" ", "")
    return size if "x" in size else f"{size}x{size}"


def edge_label(layer: Any) -> str:
    """Return what Caffe writes on the arrow out of a layer: its batch size or number of outputs."""
    if layer.type == "Data":
        return f"Batch {layer.data_param.batch_size}"
    if layer.type in ("Convolution", "Deconvolution"):
        return str(layer.convolution_param.num_output)
    if layer.type == "InnerProduct":
        return str(layer.inner_product_param.num_output)
    return ""
