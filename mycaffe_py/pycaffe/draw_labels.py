"""The texts and colours of pycaffe's drawings, for scripts that draw by Graphviz themselves."""

from __future__ import annotations

from typing import Any

from mycaffe_py.plugins.registry import default_registry

LAYER_STYLE_DEFAULT = {"shape": "record", "fillcolor": "#6495ED", "style": "filled"}
NEURON_LAYER_STYLE = {"shape": "record", "fillcolor": "#90EE90", "style": "filled"}
BLOB_STYLE = {"shape": "octagon", "fillcolor": "#E0E0E0", "style": "filled"}

_COLOURS = {
    "Convolution": "#FF5050",
    "Deconvolution": "#FF5050",
    "Pooling": "#FF9900",
    "InnerProduct": "#CC33FF",
}
_CONVOLUTIONS = ("Convolution", "Deconvolution")
_LEARNING = (*_CONVOLUTIONS, "InnerProduct")


def get_pooling_types_dict() -> dict[int, str]:
    """Return the names of the methods of pooling by number: ``{0: "MAX", 1: "AVE", ...}``."""
    numbers = default_registry().schema.catalog.enums["PoolingParameter.PoolMethod"].numbers
    return {number: name for name, number in numbers.items()}


def get_edge_label(layer: Any) -> str:
    """Return what a LayerParameter's outgoing edge says: the size of its batch, or its number of outputs."""
    if layer.type == "Data":
        return f"Batch {layer.data_param.batch_size}"
    if layer.type in _CONVOLUTIONS:
        return str(layer.convolution_param.num_output)
    return str(layer.inner_product_param.num_output) if layer.type == "InnerProduct" else '""'


def get_layer_lr_mult(layer: Any) -> tuple[float, float]:
    """Return the learning-rate multipliers of a LayerParameter's weights and bias.

    ValueError for types other than Convolution, Deconvolution and InnerProduct, and for more than two ``param``.
    """
    if layer.type not in _LEARNING:
        raise ValueError(f"{layer.type} layers have no learning-rate multiplier")
    given = [param.lr_mult for param in layer.param]
    if len(given) > 2:
        raise ValueError(f'layer "{layer.name}" has {len(given)} param, weights and bias are two')
    weights, bias = [*given, 1.0, 1.0][:2]
    return weights, bias


def get_layer_label(layer: Any, rankdir: str, display_lrm: bool = False) -> str:
    """Return what a LayerParameter's box says, in double quotes: name, type, and for windows their size.

    Parts are separated by a space where the flow is vertical (``rankdir`` TB or BT), else by Graphviz' line break.
    ``display_lrm`` adds the learning-rate multipliers.
    """
    kind = layer.type
    if kind == "Pooling":
        kind = f"{kind} {get_pooling_types_dict()[layer.pooling_param.pool]}"
    parts = [layer.name, f"({kind})", *_window_parts(layer)]
    if display_lrm and layer.type in _LEARNING:
        weights, bias = get_layer_lr_mult(layer)
        parts += [f"lr mult: {weights:.1f}, {bias:.1f}"] if weights or bias else []
    return f'"{(" " if rankdir in ("TB", "BT") else chr(92) + "n").join(parts)}"'


def _window_parts(layer: Any) -> list[str]:
    if layer.type == "Pooling":
        pooling = layer.pooling_param
        size, stride, pad = pooling.kernel_size, pooling.stride, pooling.pad
    elif layer.type in _CONVOLUTIONS:
        own = layer.convolution_param
        size, stride, pad = (
            given[0] if given else default
            for given, default in ((own.kernel_size, 1), (own.stride, 1), (own.pad, 0))
        )
    else:
        return []
    return [f"kernel size: {size}", f"stride: {stride}", f"pad: {pad}"]


def choose_color_by_layertype(layertype: str) -> str:
    """Return the colour of a type's boxes."""
    return _COLOURS.get(layertype, LAYER_STYLE_DEFAULT["fillcolor"])
