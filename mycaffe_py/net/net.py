"""Net: layers wired by blob names, run forward and backward in file order."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mycaffe_py.blob.host_blob import send_writes
from mycaffe_py.device.device import Device, check_dtype, default_device, open_device
from mycaffe_py.errors import ConfigError, ShapeError, closest
from mycaffe_py.layer.layer import PHASE_NAMES, RUN, TEST, TRAIN, LayerContext
from mycaffe_py.permission import python_layers
from mycaffe_py.schema.given import ModelLike
from mycaffe_py.seeding import generator_state, restore_generator
from mycaffe_py.showing import shows
from mycaffe_py.wording import counted

from .builder import NetBuilder
from .calls import NetCalls

if TYPE_CHECKING:
    from mycaffe_py.plugins.registry import Registry

    from .stream import Stream


class Net(NetCalls):
    """A neural net built from a model: a file, prototxt text, a NetSpec, a NetParameter message or a Document.

    ``net.blobs["x"].data[...] = values; net.forward()`` runs it; ``net.params["fc1"][0].data`` is a weight.
    ``level`` and ``stages``, names or one text with commas, are of the net's state, by which rules include layers.
    ``weights`` names weights files to load, ``plugins`` further
    plugins: paths, modules' names, modules or classes. Python layers are built, with modules from ``sys.path``;
    ``phase`` may also be MyCaffe's RUN (2), with the layers that its rules give, which do what they do in TEST.
    ``allow_python=True`` also looks for them in the current folder and the model's, False refuses to build them
    (default: as the environment variable ``MYCAFFE_ALLOW_PYTHON`` says).
    Raises PrototxtError with every mistake that can be found without running a layer, each with its location in the
    file. pycaffe's older form ``Net(model file, weights file, phase)`` works too.

    ``blobs``, ``params`` and ``layers`` hold NumPy arrays on every device. Code that computes on a GPU uses
    ``device_blobs``, ``device_layers``, ``bottoms``, ``tops`` and ``parameters`` instead.
    """

    def __init__(
        self,
        network_file: ModelLike,
        phase: int = TRAIN,
        level: int | None = None,
        stages: Sequence[str] | str | None = None,
        weights: str | Path | Sequence[str | Path] | None = None,
        *,
        registry: Registry | None = None,
        plugins: Any = (),
        device: Device | str | None = None,
        dtype: Any = np.float32,
        state: Any = None,
        allow_python: bool | None = None,
    ):
        if isinstance(phase, str | Path) and level is not None:
            phase, level, weights = _older_form(phase, level, weights)
        if phase not in (TRAIN, TEST, RUN):
            raise ConfigError(
                f"phase must be TRAIN (0) or TEST (1), got {phase!r}",
                hint=_phase_hint(phase),
            )
        opened = open_device(device) if isinstance(device, str) else device or default_device()
        opened.activate()
        if registry is None or plugins:
            # Only now: loading plugins takes longer than all other imports.
            from mycaffe_py.plugins.extending import with_plugins

            registry = with_plugins(plugins, registry)
        if isinstance(stages, str):
            stages = [name.strip() for name in stages.split(",")]
        context = LayerContext(registry, opened, check_dtype(dtype), phase)
        context.python_layers = python_layers(allow_python)
        built = NetBuilder(network_file, context, level or 0, stages or (), state).build()
        super().__init__(built, context)
        if weights is not None:
            self.copy_from(weights)

    def __reduce__(self) -> Any:
        raise ConfigError(
            f'net "{self.name}" cannot be copied or pickled',
            hint="build it in each process and load its weights, or copy its blobs",
        )

    @shows
    def __repr__(self) -> str:
        return (
            f"Net({self.name!r}, {PHASE_NAMES[self.phase]}, {counted(len(self.layers), 'layer')})"
        )

    def predict(
        self,
        x: Any,
        *,
        batch_size: int | None = None,
        blobs: str | Sequence[str] | None = None,
    ) -> dict[str, np.ndarray]:
        """Return the outputs for all rows of an array, or of several as a dict of input blobs, by blob name.

        The net runs in phase TEST: see :meth:`test_net`. Inputs that are not given, such as labels, are not needed:
        layers that depend on them do not run, and the outputs are the blobs that no other layer reads then;
        ``blobs`` names others. ``batch_size`` (default: the net's) rows run at a time, the last batch is smaller.
        A blob without an axis of rows, such as a loss, is returned once for each batch. Raises ShapeError where rows
        do not fit a blob.
        """
        from .predicting import predict

        return predict(self.test_net(), x, batch_size, blobs)

    def stream(self, states: Mapping[str, str] | None = None) -> Stream:
        """Return a :class:`Stream`, which runs the net in phase TEST one step at a time and keeps its state.

        ``states``: input blob -> the top that is its next value; by default the layers say so.
        """
        from .stream import Stream

        return Stream(self.test_net(), states)

    def test_net(self) -> Net:
        """Return this net in phase TEST: itself, or a net of the same model that shares the weights, made once.

        Raises ConfigError if a layer with weights exists in phase TEST only.
        """
        if self.phase == TEST:
            return self
        if self._test_net is None:
            state = type(self.state)()
            state.CopyFrom(self.state)
            state.phase = TEST
            generator = generator_state(
                self.device.rng
            )  # its fillers must not disturb the training
            try:
                made = Net(
                    self.document,
                    TEST,
                    registry=self.registry,
                    device=self.device,
                    dtype=self.dtype,
                    state=state,
                    allow_python=self.context.python_layers.as_argument,
                )
            finally:
                restore_generator(self.device.rng, generator)
            alone = [name for name in made.params if name not in self.params]
            if alone:
                made.close()
                raise ConfigError(
                    f'net "{self.name}": layer "{alone[0]}" has weights in phase TEST and does not exist in TRAIN'
                )
            self._test_net = made
        found: Net = self._test_net
        found.share_with(self)  # each time: share_with may have given this net other weights since
        return found

    def close(self) -> None:
        """Make every layer release its files and threads."""
        super().close()
        if self._test_net is not None:
            self._test_net.close()

    # Weights.

    def copy_from(self, weights: str | Path | Sequence[str | Path]) -> None:
        """Load weights by layer name from one or more files; ConfigError for what names none."""
        from mycaffe_py.weights import load_weights

        for path in _weights_files(weights):
            load_weights(self, path)

    def save(self, path: str | Path) -> None:
        """Write the weights to a .caffemodel file."""
        from mycaffe_py.weights import save_weights

        save_weights(self, path)

    def save_hdf5(self, path: str | Path, write_diff: bool = False) -> None:
        """Write the weights (and gradients) to an HDF5 file, with Caffe's layout."""
        from mycaffe_py.weights import save_weights

        save_weights(self, path, write_diff=write_diff, hdf5=True)

    def load_hdf5(self, path: str | Path) -> None:
        """Load weights by layer name from an HDF5 file; :meth:`copy_from` reads such files, too."""
        self.copy_from(path)

    def share_with(self, other: Net) -> None:
        """Use the weights of ``other``'s layers of the same names, without copying."""
        send_writes()
        ours = self.layers_by_name()
        for layer in other.device_layers:
            mine = ours[layer.name].blobs if layer.name in ours else []
            if not mine or not layer.blobs:
                continue
            if [blob.shape for blob in mine] != [blob.shape for blob in layer.blobs]:
                raise ShapeError(
                    f'layer "{layer.name}" cannot share weights: {[blob.shape for blob in mine]} here, '
                    f"{[blob.shape for blob in layer.blobs]} there"
                )
            for blob, source in zip(mine, layer.blobs, strict=True):
                blob.share_data(source)

    share_trained_layers_with = share_with


def _phase_hint(phase: Any) -> str | None:
    """Return how the phase is written that a name of another tool means."""
    meant = closest(phase, ("TRAIN", "TEST")) if isinstance(phase, str) else None
    return f"write phase=mycaffe_py.{meant}" if meant else None


def _older_form(weights: str | Path, phase: Any, given: Any) -> tuple[Any, None, Any]:
    """Return phase, level and weights of ``Net(model file, weights file, phase)``."""
    if given is not None:
        raise ConfigError(f"weights are given twice: {weights} and {given}")
    warnings.warn(
        "Net(model, weights, phase) is pycaffe's older form: write Net(model, phase, weights=...)",
        DeprecationWarning,
        stacklevel=3,
    )
    return phase, None, weights


def _weights_files(given: Any) -> list[Any]:
    """Return the weights files given to ``copy_from``, or raise ConfigError if they are no files' names."""
    names = [given] if isinstance(given, str | os.PathLike) else given
    found = list(names) if isinstance(names, Iterable) and not isinstance(names, bytes) else [given]
    wrong = [name for name in found if not isinstance(name, str | os.PathLike)]
    if not wrong:
        return found
    raise ConfigError(
        f"copy_from() takes the names of weights files, not {type(wrong[0]).__name__}",
        hint="share_with(net) makes a net use another's weights; net.save(path) writes them to a file",
    )
