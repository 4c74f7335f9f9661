"""Names of pycaffe's ``pycaffe.py``: what it imports, and the methods that it adds to Net, under their names there."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from mycaffe_py.net.net import Net as Net

from .bound_names import bound_names

if TYPE_CHECKING:
    OrderedDict: Any
    caffe: Any
    izip_longest: Any
    np: Any
    six: Any
else:
    __getattr__, __dir__ = bound_names(
        __name__,
        OrderedDict="collections:OrderedDict",
        caffe="mycaffe_py",
        izip_longest="itertools:zip_longest",
        np="numpy",
        six="six",
    )

_Net_blobs = property(attrgetter("blobs"))
_Net_blob_loss_weights = property(attrgetter("blob_loss_weights"))
_Net_layer_dict = property(attrgetter("layer_dict"))
_Net_params = property(attrgetter("params"))
_Net_inputs = property(attrgetter("inputs"))
_Net_outputs = property(attrgetter("outputs"))
_Net_forward = Net.forward
_Net_backward = Net.backward
_Net_forward_all = Net.forward_all
_Net_forward_backward_all = Net.forward_backward_all
_Net_set_input_arrays = Net.set_input_arrays
_Net_batch = Net._batch


def _Net_get_id_name(  # noqa: N802  # pycaffe's name
    func: Callable[[Any, int], list[int]], field: str
) -> property:
    """Return a property of nets: for each layer's name, the names of the blobs whose positions ``func(net, i)`` gives.

    The net keeps it as its attribute ``field``.
    """

    def names(net: Any) -> dict[str, list[str]]:
        if field not in vars(net):
            blobs = list(net._blob_names)
            found = {
                layer: [blobs[place] for place in func(net, index)]
                for index, layer in enumerate(net._layer_names)
            }
            setattr(net, field, found)
        kept: dict[str, list[str]] = getattr(net, field)
        return kept

    return property(names)
