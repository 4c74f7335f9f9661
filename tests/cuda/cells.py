"""A CfC cell twice: the plain one on the CPU, and on a GPU that never was, with the same weights."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from mycaffe_plugins.liquid.cfc_cells import new_cfc_cell
from mycaffe_plugins.liquid.cfc_settings import CfcBlobs, CfcSettings

from mycaffe_py.compiled import SWITCH
from mycaffe_py.device import Device
from mycaffe_py.layer import Layer, LayerContext


class Host(Layer):
    """A layer that only holds a cell."""

    type = "HOST"
    layers = columns = sparsity = None

    def setup(self, bottom, top):
        size = self.param.cfc_unit_param.hidden_size
        settings = CfcSettings.read(self, size, "cfc_unit_param.hidden_size")
        settings = dataclasses.replace(settings, backbone_layers=self.layers)
        where = CfcBlobs(self, settings, self.columns)
        self.cell = new_cfc_cell(self, settings, where, self.sparsity)

    def reshape(self, bottom, top):
        pass


class Pair:
    """The two cells, and what a pass of both gives."""

    def __init__(self, registry, gpu, settings, *, layers=2, columns=3, sparsity=None, dtype):
        text = f'name: "it" type: "HOST" cfc_unit_param {{ {settings} }}'
        param = registry.schema.parse_text(text, "LayerParameter").message
        self.dtype, self.hosts = np.dtype(dtype), []
        for device in (Device(), gpu):
            host = Host(param, LayerContext(registry, device, dtype))
            host.layers, host.columns, host.sparsity = layers, columns, sparsity
            with pytest.MonkeyPatch.context() as patch:
                if device.is_host:
                    patch.setenv(SWITCH, "0")
                host.initialize([], [])
            self.hosts.append(host)
        for ours, theirs in zip(*(host.blobs for host in self.hosts), strict=True):
            ours.data[...] += np.random.default_rng(5).normal(size=ours.shape) * 0.1
            theirs.data[...] = gpu.asarray(ours.data)
        self.plain, self.own = (host.cell for host in self.hosts)

    def run(self, rng, steps, batch, *, spans=None, dropping=True, learns=True):
        """Run both forward and backward on random values; return the two dictionaries of results."""
        columns, size = self.hosts[0].columns, self.plain.state_size
        values = rng.normal(size=(steps, columns, batch))
        times = rng.uniform(0.1, 1, (steps, batch)) if spans is None else spans
        first, upstream = rng.normal(size=(size, batch)), rng.normal(size=(steps, size, batch))
        for host in reversed(self.hosts):  # the GPU first, whose dropout masks the CPU takes
            device, cell = host.device, host.cell
            put = lambda array, device=device: device.asarray(array, self.dtype)  # noqa: E731
            cell.reshape(steps, batch, columns)
            cell.inputs[...] = put(values.reshape(cell.inputs.shape))
            cell.states[0] = put(first.reshape(cell.states[0].shape))
            if cell is self.plain and self.plain._masks:
                for ours, theirs in zip(cell._masks, self.own._masks, strict=True):
                    ours[...] = self.hosts[1].device.to_host(theirs)
                cell._draw_masks = lambda: None
            cell.forward(put(times), dropping)
            cell.backward(put(upstream.reshape(cell.states[1:].shape)), learns)
        return [self._results(host, values, times) for host in self.hosts]

    @staticmethod
    def _results(host, values, times):
        cell, get = host.cell, host.device.to_host
        found = {
            "states": get(cell.states),
            "inputs": get(cell.input_gradients()).reshape(values.shape),
            "times": get(cell.time_gradients()).reshape(times.shape),
            "first": get(cell.initial_state_gradient),
        }
        for name, blob in zip(host.blob_names, host.blobs, strict=True):
            found[name] = get(blob.diff)
        return {name: array.copy() for name, array in found.items()}

    def assert_close(self, results, tolerance=None):
        """Compare the results, as shares of the largest value of each."""
        tolerance = tolerance or (1e-11 if self.dtype == np.float64 else 2e-4)
        plain, own = results
        assert plain.keys() == own.keys()
        for name, expected in plain.items():
            error = np.abs(own[name] - expected).max()
            assert error <= tolerance * max(np.abs(expected).max(), 1e-30), (name, error)
