"""Upgrade of layers in Caffe's first format, ``layers { layer { type: "conv" ... } bottom: ... }``."""

from __future__ import annotations

from dataclasses import dataclass, field

from mycaffe_py.errors import Problem, did_you_mean
from mycaffe_py.schema.prototxt.document import Document

from .parts import Part, move, place
from .v1 import UpgradedLayer, move_specs, new_layer

_PADDING, _PADDED = "padding", ("conv", "pool")
_TYPES = {
    "accuracy": "Accuracy",
    "bnll": "BNLL",
    "concat": "Concat",
    "conv": "Convolution",
    "data": "Data",
    "dropout": "Dropout",
    "euclidean_loss": "EuclideanLoss",
    "flatten": "Flatten",
    "hdf5_data": "HDF5Data",
    "hdf5_output": "HDF5Output",
    "im2col": "Im2col",
    "images": "ImageData",
    "infogain_loss": "InfogainLoss",
    "innerproduct": "InnerProduct",
    "lrn": "LRN",
    "multinomial_logistic_loss": "MultinomialLogisticLoss",
    "pool": "Pooling",
    "relu": "ReLU",
    "sigmoid": "Sigmoid",
    "softmax": "Softmax",
    "softmax_loss": "SoftmaxWithLoss",
    "split": "Split",
    "tanh": "TanH",
    "window_data": "WindowData",
}
_ANY_TYPE = ""
_IN_BOTH = ("type", "blobs_lr", "weight_decay")
_CONV, _FC, _POOL = "convolution_param", "inner_product_param", "pooling_param"
_DATA, _HDF5, _IMAGES = "data_param", "hdf5_data_param", "image_data_param"
_WINDOWS, _TRANSFORM = "window_data_param", "transform_param"
_SOURCES = {"data": _DATA, "hdf5_data": _HDF5, "images": _IMAGES, "window_data": _WINDOWS}

# For each field, its new place by the layer's type.
_FIELDS: dict[str, dict[str, tuple[str, ...]]] = {
    "name": {_ANY_TYPE: ("name",)},
    "blobs": {_ANY_TYPE: ("blobs",)},
    "num_output": {"conv": (_CONV, "num_output"), "innerproduct": (_FC, "num_output")},
    "biasterm": {"conv": (_CONV, "bias_term"), "innerproduct": (_FC, "bias_term")},
    "weight_filler": {"conv": (_CONV, "weight_filler"), "innerproduct": (_FC, "weight_filler")},
    "bias_filler": {"conv": (_CONV, "bias_filler"), "innerproduct": (_FC, "bias_filler")},
    "pad": {"conv": (_CONV, "pad"), "pool": (_POOL, "pad")},
    "kernelsize": {"conv": (_CONV, "kernel_size"), "pool": (_POOL, "kernel_size")},
    "stride": {"conv": (_CONV, "stride"), "pool": (_POOL, "stride")},
    "group": {"conv": (_CONV, "group")},
    "pool": {"pool": (_POOL, "pool")},
    "dropout_ratio": {"dropout": ("dropout_param", "dropout_ratio")},
    **{
        name: {"lrn": ("lrn_param", name)}
        for name in ("local_size", "alpha", "beta", "k")
    },
    "source": {
        **{name: (settings, "source") for name, settings in _SOURCES.items()},
        "infogain_loss": ("infogain_loss_param", "source"),
    },
    "batchsize": {name: (settings, "batch_size") for name, settings in _SOURCES.items()},
    # WindowData reads its own scale, not that of transform_param.
    "scale": {_ANY_TYPE: (_TRANSFORM, "scale"), "window_data": (_WINDOWS, "scale")},
    "meanfile": {_ANY_TYPE: (_TRANSFORM, "mean_file")},
    "cropsize": {_ANY_TYPE: (_TRANSFORM, "crop_size")},
    "mirror": {_ANY_TYPE: (_TRANSFORM, "mirror")},
    "rand_skip": {"data": (_DATA, "rand_skip"), "images": (_IMAGES, "rand_skip")},
    "shuffle_images": {"images": (_IMAGES, "shuffle")},
    "new_height": {"images": (_IMAGES, "new_height")},
    "new_width": {"images": (_IMAGES, "new_width")},
    "concat_dim": {"concat": ("concat_param", "concat_dim")},
    **{
        f"det_{name}": {"window_data": (_WINDOWS, name)}
        for name in ("fg_threshold", "bg_threshold", "fg_fraction", "context_pad", "crop_mode")
    },
    "hdf5_output_param": {"hdf5_output": ("hdf5_output_param",)},
}  # fmt: skip


def upgrade_v0_layers(
    document: Document, net: Part, path: tuple[str | int, ...]
) -> tuple[list[UpgradedLayer], list[Problem]]:
    """Return the layers upgraded to the current format, with padding layers merged, and their problems."""
    upgrade = _Upgrade(document, net, path)
    upgrade.run()
    return upgrade.layers, upgrade.problems


@dataclass
class _Upgrade:
    document: Document
    net: Part
    path: tuple[str | int, ...]
    layers: list[UpgradedLayer] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    makers: dict[str, int] = field(default_factory=dict)
    """Blob name -> the layer that last produced it."""

    def run(self) -> None:
        for index in range(len(self.net.message.layers)):
            old = self.net.inner("layers", index)
            settings = old.inner("layer")
            kind = settings.message.type
            if not old.has("layer"):
                self.report(index, (), "the net mixes layers with and without an inner layer { }")
            elif kind in _TYPES:
                self.convert(index, old, settings)
            elif kind != _PADDING:
                near = did_you_mean(kind, _TYPES)
                hint = near or f"known types: {', '.join([*_TYPES, _PADDING])}"
                where = ("layer", "type") if kind else ("layer",)
                message = (
                    f'unknown type "{kind}" of a layer in the format of Caffe\'s first version'
                )
                self.report(index, where, message, hint)
            self.makers |= dict.fromkeys(old.message.top, index)

    def report(
        self, index: int, where: tuple[str | int, ...], message: str, hint: str | None = None
    ) -> None:
        path = (*self.path, "layers", index, *where)
        name = self.net.message.layers[index].layer.name
        message = f'layer "{name}": {message}' if name else message
        self.problems.append(self.document.problem(path, message, hint))

    def convert(self, index: int, old: Part, settings: Part) -> None:
        layer = new_layer(self.net, index)
        kind = settings.message.type
        layer.message.type = _TYPES[kind]
        place(layer.nodes, ("type",), settings.nodes.get("type", []))
        for given, _ in settings.message.ListFields():
            if given.name in _IN_BOTH:
                continue
            places = _FIELDS.get(given.name, {})
            target = places.get(kind) or places.get(_ANY_TYPE)
            if target:
                move(settings, given.name, layer, target)
            else:
                message = f'"{given.name}" does not belong in a layer of type "{kind}"'
                self.report(index, ("layer", given.name), message, "remove it")
        move_specs(settings, layer)
        for name in ("bottom", "top"):
            move(old, name, layer, (name,))
        self.merge_padding(index, kind, layer)
        self.layers.append(layer)

    def merge_padding(self, index: int, kind: str, layer: UpgradedLayer) -> None:
        """Give a layer the pad of the padding layer in front of it, and that layer's bottom."""
        for position, name in enumerate(layer.message.bottom):
            maker = self.makers.get(name, -1)
            if maker < 0 or self.net.message.layers[maker].layer.type != _PADDING:
                continue
            source = self.net.inner("layers", maker)
            if kind not in _PADDED:
                message = (
                    f'"{name}" is the output of a padding layer, which only conv and pool may read'
                )
                self.report(index, ("bottom", position), message)
            elif len(layer.message.bottom) != 1:
                self.report(
                    index, ("bottom",), "a layer after a padding layer must have one bottom"
                )
            elif len(source.message.bottom) != 1 or len(source.message.top) != 1:
                self.report(maker, (), "a padding layer must have one bottom and one top")
            else:
                parameter = _FIELDS["pad"][kind][0]
                getattr(layer.message, parameter).ClearField("pad")
                move(source.inner("layer"), "pad", layer, (parameter, "pad"))
                layer.message.bottom[0] = source.message.bottom[0]
                if "bottom" in layer.nodes:
                    layer.nodes["bottom"] = source.nodes.get("bottom", [])
