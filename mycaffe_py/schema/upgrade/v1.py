"""Upgrade of layers in Caffe's second format, ``layers { type: CONVOLUTION ... }``."""

from __future__ import annotations

from dataclasses import dataclass

from mycaffe_py.schema.prototxt.document import Entry, Nodes

from .parts import Part, move, named_like, place

# Types that cannot be derived from the words of the old name; HDF5_DATA -> HDF5Data can.
_OWN_SPELLING = {
    "ABSVAL": "AbsVal",
    "ARGMAX": "ArgMax",
    "BN": "BN",
    "BNLL": "BNLL",
    "LRN": "LRN",
    "ROI_POOLING": "ROIPooling",
    "MVN": "MVN",
    "NONE": "",
    "RELU": "ReLU",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "TANH": "TanH",
}
_ACRONYMS = {"HDF5": "HDF5"}
# Settings of data layers that moved to transform_param. WindowData reads scale where it always was.
_TRANSFORMED = ("scale", "mean_file", "crop_size", "mirror")
_DATA_FIELDS = {
    "Data": ("data_param", _TRANSFORMED),
    "ImageData": ("image_data_param", _TRANSFORMED),
    "WindowData": ("window_data_param", _TRANSFORMED[1:]),
}
_SPECS = {
    "param": "name",
    "blob_share_mode": "share_mode",
    "blobs_lr": "lr_mult",
    "weight_decay": "decay_mult",
}


@dataclass
class UpgradedLayer(Part):
    """A layer in the current format; ``entry`` is its location."""

    entry: Entry | None = None


def new_layer(net: Part, index: int) -> UpgradedLayer:
    """Return an empty layer with the location of old layer number ``index``."""
    entries = net.nodes.get("layers", [])
    nodes: Nodes = {}
    entry = named_like(entries[index], nodes) if index < len(entries) else None
    # The message class belongs to the schema that the net was read with.
    layer = type(net.message)().layer.add()
    return UpgradedLayer(layer, nodes, entry)


def type_of(enum_name: str) -> str:
    """Return the current type of a layer from its old name in capitals."""
    if enum_name in _OWN_SPELLING:
        return _OWN_SPELLING[enum_name]
    return "".join(_ACRONYMS.get(word, word.capitalize()) for word in enum_name.split("_"))


def upgrade_v1_layers(net: Part) -> list[UpgradedLayer]:
    """Return all layers of the old format, upgraded to the current one."""
    upgraded = []
    for index in range(len(net.message.layers)):
        layer = new_layer(net, index)
        _upgrade(net.inner("layers", index), layer)
        upgraded.append(layer)
    return upgraded


def _upgrade(old: Part, new: Part) -> None:
    for field, _ in old.message.ListFields():
        if field.name not in ("type", *_SPECS):
            move(old, field.name, new, (field.name,))
    if old.has("type"):
        values = old.message.DESCRIPTOR.fields_by_name["type"].enum_type.values_by_number
        new.message.type = type_of(values[old.message.type].name)
        place(new.nodes, ("type",), old.nodes.get("type", []))
    move_specs(old, new)
    _move_data_fields(new)


def move_specs(old: Part, new: Part) -> None:
    """Turn the old lists, one value for each blob, into one ``param { ... }`` for each blob."""
    given = {name: getattr(old.message, name) for name in _SPECS if _is_given(old, name)}
    for index in range(max(map(len, given.values()), default=0)):
        spec = Part(new.message.param.add())
        first = None
        for name, values in given.items():
            if index >= len(values):
                continue
            setattr(spec.message, _SPECS[name], values[index])
            entries = old.nodes.get(name, [])[index : index + 1]
            place(spec.nodes, (_SPECS[name],), entries)
            first = first or (entries[0] if entries else None)
        if first is not None:
            place(new.nodes, ("param",), [named_like(first, spec.nodes)])


def _is_given(old: Part, name: str) -> bool:
    return name in old.message.DESCRIPTOR.fields_by_name and old.has(name)


def _move_data_fields(layer: Part) -> None:
    name, fields = _DATA_FIELDS.get(layer.message.type, ("", ()))
    if not name or not layer.has(name):
        return
    settings = layer.inner(name)
    for field in fields:
        move(settings, field, layer, ("transform_param", field))
        settings.message.ClearField(field)
        settings.nodes.pop(field, None)
