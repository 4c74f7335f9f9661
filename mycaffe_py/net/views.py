"""NetViews: access to a net's parts by names and positions, as in pycaffe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob.blob import Blob
from mycaffe_py.blob.host_blob import send_writes
from mycaffe_py.errors import ConfigError
from mycaffe_py.layer.layer import Layer
from mycaffe_py.showing import shows, shows_html

from .engine import NetEngine
from .figures import (
    is_summarised,
    named_elements,
    named_summary,
    printed_outputs,
    summary_arrays,
)
from .named import Named
from .summary import NetSummary


class NetViews(NetEngine):
    """The read-only part of :class:`~mycaffe_py.net.Net`; dictionaries are in file order."""

    def summary(self, width: int = 100) -> NetSummary:
        """Return the net as a table: layers, types, outputs with their shapes, parameters, memory and totals.

        It prints as text of at most ``width`` (60 to 400) columns, and is HTML with a drawing in a notebook.
        """
        return NetSummary(self, width)

    @shows
    def __str__(self) -> str:
        return str(self.summary())

    @shows_html
    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()

    @property
    def params(self) -> dict[str, list[Blob]]:
        """Layer name -> its learnable blobs; layers without any are omitted."""
        found = {layer.name: layer.blobs for layer in self.layers if layer.blobs}
        return Named(found, "layer with weights", self.name, 'net.params["{}"][0].data[...]')

    @property
    def layer_dict(self) -> dict[str, Layer]:
        """Layer name -> layer."""
        return dict(zip(self.layer_names, self.layers, strict=True))

    def layers_by_name(self) -> dict[str, Layer]:
        """Return the device's layers by name; of several with one name, the one with weights, else the first."""
        found: dict[str, Layer] = {}
        for layer in self.device_layers:
            if layer.name not in found or (layer.blobs and not found[layer.name].blobs):
                found[layer.name] = layer
        return found

    @property
    def learnable_params(self) -> list[Blob]:
        """The owned learnable blobs of the device, in the order in which a solver's history is stored."""
        return [parameter.blob for parameter in self.parameters.owners]

    @property
    def bottom_names(self) -> dict[str, list[str]]:
        """Layer name -> names of its bottoms."""
        return {layer.name: [b.name for b in bottom] for layer, bottom in self._wired(self.bottoms)}

    @property
    def top_names(self) -> dict[str, list[str]]:
        """Layer name -> names of its tops."""
        return {layer.name: [b.name for b in top] for layer, top in self._wired(self.tops)}

    def _wired(self, blobs: list[list[Blob]]) -> Iterator[tuple[Layer, list[Blob]]]:
        return zip(self.device_layers, blobs, strict=True)

    @property
    def blob_loss_weights(self) -> dict[str, float]:
        """Blob name -> its weight in the loss."""
        weights = dict.fromkeys(self.device_blobs, 0.0)
        for layer, top in self._wired(self.tops):
            weights |= {
                blob.name: weight
                for blob, weight in zip(top, layer.loss_weights, strict=True)
                if weight
            }
        return weights

    def output_values(self) -> dict[str, float]:
        """Return the outputs as plain numbers by name: ``name``, or ``name[i]`` for several elements.

        Of more than 128 elements, ``name[mean]``, ``name[min]`` and ``name[max]``.
        """
        send_writes()
        xp, values = self.device.xp, [self.device_blobs[name].data for name in self.outputs]
        parts = [summary_arrays(xp, one) if is_summarised(one.size) else [one] for one in values]
        wanted = [array for part in parts for array in part]
        found = iter(wanted if self.device.is_host else self.device.fetch(*wanted))
        return self._figures([[next(found) for _ in part] for part in parts])

    def outputs_of_pass(self) -> dict[str, float]:
        """Return :meth:`output_values` of the latest pass, from what is fetched of it anyway."""
        blobs = [self.device_blobs[name] for name in self.outputs]
        return self._figures(
            [
                self.readings.summary(blob)
                if is_summarised(blob.count)
                else [self.readings.of(blob)]
                for blob in blobs
            ]
        )

    def printed_elements(self) -> dict[str, np.ndarray]:
        """Return flat copies of the outputs that :meth:`outputs_of_pass` summarises, up to 1,000,000 values each."""
        return {
            name: np.array(self.readings.of(self.device_blobs[name])).reshape(-1)
            for name in printed_outputs(self)
        }

    def _figures(self, parts: Sequence[Sequence[Any]]) -> dict[str, float]:
        values: dict[str, float] = {}
        for name, part in zip(self.outputs, parts, strict=True):
            values |= named_summary(name, part) if len(part) > 1 else named_elements(name, part[0])
        return values

    def layer_index(self, name: str) -> int:
        """Return the position of the layer with this name, or raise ConfigError."""
        if not isinstance(name, str):
            raise ConfigError(f"layers are given by name, not as {name!r}")
        if name not in self.layer_names:
            raise ConfigError(
                f'net "{self.name}" has no layer "{name}"',
                nearest=(name, self.layer_names),
            )
        return self.layer_names.index(name)

    def blob(self, name: str) -> Blob:
        """Return a blob by name, or raise ConfigError with the nearest name."""
        if name not in self.blobs:
            raise ConfigError(f'net "{self.name}" has no blob "{name}"', nearest=(name, self.blobs))
        return self.blobs[name]

    def first_non_finite(self) -> str:
        """Describe the first blob, in the order of computation, that contains NaN or infinity."""
        for layer, bottom, top in zip(self.device_layers, self.bottoms, self.tops, strict=True):
            for blob, what in (
                *((blob, f'bottom "{blob.name}"') for blob in bottom),
                *((blob, f"param {blob.name}") for blob in layer.blobs),
                *((blob, f'top "{blob.name}"') for blob in top),
            ):
                if not blob.device.all_finite(blob.data):
                    return f'the first bad blob is {what} of layer "{layer.name}" ({layer.type})'
        return "every blob is finite"

    # Access by position, under pycaffe's names.

    @property
    def _layer_names(self) -> list[str]:
        return list(self.layer_names)

    @property
    def _blobs(self) -> list[Blob]:
        return list(self.blobs.values())

    @property
    def _blob_names(self) -> list[str]:
        return list(self.blobs)

    @property
    def _blob_loss_weights(self) -> list[float]:
        return list(self.blob_loss_weights.values())

    @property
    def _inputs(self) -> list[int]:
        return self._ids(self.inputs)

    @property
    def _outputs(self) -> list[int]:
        return self._ids(self.outputs)

    def _bottom_ids(self, index: int) -> list[int]:
        return self._ids(blob.name for blob in self.bottoms[index])

    def _top_ids(self, index: int) -> list[int]:
        return self._ids(blob.name for blob in self.tops[index])

    def _ids(self, names: Any) -> list[int]:
        position = {name: index for index, name in enumerate(self.blobs)}
        return [position[name] for name in names]
