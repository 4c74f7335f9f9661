"""Layer: one step of a net, with Caffe's contract setup / reshape / forward / backward."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np

from mycaffe_py.above import folder_above
from mycaffe_py.blob.blob import Blob, BlobVec
from mycaffe_py.blob.blobproto import array_from_proto, as_type, proto_shape, shape_fits
from mycaffe_py.blob.host_blob import HostLayer
from mycaffe_py.errors import (
    LayerError,
    MissingLayerFileError,
    PluginCodeError,
    within_field,
)
from mycaffe_py.plugins.idle import unfulfilled
from mycaffe_py.plugins.type_fields import default_parameter_field as default_parameter_field
from mycaffe_py.schema.decimals import as_written
from mycaffe_py.schema.field_path import place_of
from mycaffe_py.showing import one_line, shows
from mycaffe_py.wording import counted

from .context import (
    RUN as RUN,
    TEST as TEST,
    TRAIN as TRAIN,
    LayerContext as LayerContext,
    context_before,
    python_warning as python_warning,
)
from .cost import Cost, elementwise
from .counts import check_counts
from .results import refuse_result

if TYPE_CHECKING:
    from mycaffe_py.plugins.conditions import Only

PHASE_NAMES = ("TRAIN", "TEST", "RUN")

TIME_FORMS = (None, "spans", "absolute")
"""What :meth:`Layer.time_form` and :meth:`Gym.time_form` may return."""


class Layer:
    """Base class of all layers.

    A subclass sets ``type`` and defines ``forward``, ``backward`` if it has a gradient, and ``reshape`` unless its tops
    have the shape of the first bottom. Caffe's rules hold: ``forward`` writes ``top[i].data``; ``backward`` overwrites
    ``bottom[i].diff`` where ``propagate_down[i]`` and ADDS to the ``diff`` of its own blobs (the solver
    clears them); tops are sized in ``reshape`` and written in place.
    """

    kind: ClassVar[str] = "layer"
    type: str = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    group: ClassVar[str] = ""
    """The type's group, one of ``plugins.LAYER_GROUPS``; "" means derived from its bottoms and ``is_loss``."""
    fork: ClassVar[str] = ""
    """The fork of Caffe that the type and its rules come from; "" for Caffe's own and ours."""
    schema: ClassVar[str | None] = None
    """Proto2 text of the layer's own message and its ``extend LayerParameter``, if any."""
    parameters: ClassVar[tuple[str, ...] | None] = None
    """LayerParameter fields that it reads besides its schema's; None: those alone, or the one named after ``type``."""
    conditions: ClassVar[tuple[Only, ...]] = ()
    """Settings that have an effect only under a condition, as paths below LayerParameter."""

    exact_num_bottom_blobs: int | None = None
    min_bottom_blobs: int | None = None
    max_bottom_blobs: int | None = None
    exact_num_top_blobs: int | None = None
    min_top_blobs: int | None = None
    max_top_blobs: int | None = None
    equal_num_bottom_top_blobs: bool = False
    auto_top_blobs: bool = False
    allows_in_place: bool = False
    """Whether a top may be the bottom of the same position; backward must then not read what forward overwrote."""
    is_loss: bool = False
    steps_first: ClassVar[bool] = False
    """Whether axis 0 of the bottoms counts time steps, in order, and axis 1 sequences, as in Caffe's LSTM."""
    recordable: ClassVar[bool] = False
    """Whether every pass of the same shapes is the same work for the device, which the host neither feeds nor looks
    at: such work may be recorded once and then replayed as a CUDA graph, without forward and backward being called."""
    needs_trainer: ClassVar[str] = ""
    """The type of the trainer without which a net with such a layer makes no sense."""
    runs_named_code: ClassVar[bool] = False
    """Whether the layer runs code that its settings name. It must not when ``context.python_layers`` is REFUSED."""
    param_str: str = ""
    """``python_param.param_str`` of a Python layer, which a model file names by module and class."""

    def __init__(self, param: Any, context: LayerContext | None = None):
        self.param = param
        self.context = context = context or context_before(self)
        self.device, self.dtype = context.device, np.dtype(context.dtype)
        self.phase = param.phase if param.HasField("phase") else context.phase
        self.xp = context.device.xp
        self.name = param.name
        self.blobs: list[Blob] = BlobVec(self.add_blob)
        self.blob_names: list[str] = []
        self.param_propagate_down: list[bool] = []
        self.loss_weights: list[float] = []
        self._weighted_shapes: list[tuple[int, ...]] = []
        self._is_set_up = False

    @shows
    def __repr__(self) -> str:
        shapes = ", ".join(str(blob.shape) for blob in self.blobs)
        return one_line(
            type(self).__name__, repr(self.name), blobs=f"[{shapes}]" if shapes else None
        )

    # What a subclass defines.

    def why_not_recorded(self) -> str:
        """Return why this layer's work cannot be recorded, as the end of a sentence; "" if it can.

        ``recordable`` must be declared by the class that defines forward and backward, or by one derived from it.
        """
        if self.recordable:
            for cls in type(self).__mro__:
                if "recordable" in vars(cls):
                    return ""
                if {"forward", "backward", "reshape"} & set(vars(cls)):
                    break
        return "needs the host in each pass, or is not declared as recordable"

    def ready_to_record(self) -> bool:
        """Return whether the layer does what it will always do, rather than something only its first passes need."""
        return True

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read ``self.param`` and create the learnable blobs; called once."""

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Set the shapes of the tops, by default to that of the first bottom; called before every forward."""
        if not bottom:
            raise TypeError(f"layer type {self.type} does not define reshape()")
        for blob in top:
            if blob is not bottom[0]:
                blob.reshape_like(bottom[0])

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Compute ``top[i].data`` from ``bottom[i].data``."""
        raise TypeError(f"layer type {self.type} does not define forward()")

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Compute the gradients from ``top[i].diff``."""
        self.fail(f"layer type {self.type} has no gradient, but one is needed here")

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Whether ``force_backward`` may reach this bottom (not labels, for example)."""
        return True

    def trial_values(
        self, bottom_index: int, shapes: Sequence[tuple[int, ...]], rng: np.random.Generator
    ) -> np.ndarray | None:
        """Return random values that suit a bottom, for checks of the gradient; None if any numbers do.

        ``shapes`` are those of all bottoms. Asked once the layer is set up. For a bottom without gradient, None means
        labels in a loss layer, and 0 or 1 in others.
        """
        return None

    def why_no_derivative(self) -> str:
        """Return why backward, by a rule of its own, is not the derivative of forward; "" if it is."""
        return ""

    def time_form(self, bottom_index: int) -> str | None:
        """Return the form of time that a bottom expects: ``"spans"`` (since the last step), ``"absolute"``, or None."""
        return None

    def carried_states(self) -> list[tuple[int, int]]:
        """Return (top, bottom) of each state: the top's value is that of the bottom in the next step of a stream."""
        return []

    def take_statistics(self, statistics: Mapping[str, np.ndarray]) -> None:
        """Accept a gym's :meth:`Gym.statistics` of its training data before training; most layers ignore them."""

    def check_loaded(self, saved: Any) -> None:
        """Refuse weights, by :meth:`fail`, for what the file's LayerParameter says of them; called before loading."""

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return what forward and backward need at least, in operations and bytes, for the shapes at hand.

        For floors of the time (``mycaffe time``) and the choice of a device. By default an operation for each element,
        with every blob read or written once.
        """
        return elementwise(self, bottom, top, propagate_down)

    def storage_order(self) -> list[int]:
        """Return the order of the layer's blobs in the net's parameter buffer.

        A layer that uses several weights as one matrix makes them adjacent here; the order
        of ``blobs``, and thus of every file, is not affected.
        """
        return list(range(len(self.blobs)))

    def explain(
        self, bottom: Sequence[Blob], top: Sequence[Blob]
    ) -> Mapping[str, Callable[[Any], None]]:
        """Return pictures of what the layer has learned, by name: functions that draw into a matplotlib figure.

        Called after a forward pass, whose input and output are in ``bottom`` and ``top``. A subsequent backward pass
        may need another forward pass first.
        """
        return {}

    def state(self) -> Any:
        """Return the state beyond its blobs that the layer needs to continue exactly; None if there is none.

        It may contain mappings, lists, numbers, strings and arrays. Data layers store their position here.
        """
        return None

    def load_state(self, state: Any) -> None:
        """Restore what :meth:`state` returned; raises SnapshotError if it does not fit."""

    def close(self) -> None:
        """Release files and threads; called when the net is closed, perhaps more than once."""

    # What the net calls.

    def require_forward(self) -> None:
        """Raise TypeError, when the net is built, if the class does not define :meth:`forward`."""
        if type(self).forward is Layer.forward:
            raise TypeError(f"layer type {self.type} does not define forward()")

    def initialize(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the blob counts, set up, reshape and set the loss weights."""
        self._check_counts(len(bottom), len(top))
        for idle in unfulfilled(type(self), "layers", self.param):
            if idle.refused:
                self.fail(idle.message, field=idle.field, hint=idle.hint)
        self.setup(bottom, top)
        self._is_set_up = True
        self.param_propagate_down += [True] * (len(self.blobs) - len(self.param_propagate_down))
        returned: Any = self.reshape(bottom, top)  # type: ignore[func-returns-value]
        refuse_result(self, "reshape", returned)
        self._set_loss_weights(top)

    def _check_counts(self, bottoms: int, tops: int) -> None:
        check_counts(self, bottoms, tops)

    def _set_loss_weights(self, top: Sequence[Blob]) -> None:
        given = [as_written(weight) for weight in self.param.loss_weight]
        if given and len(given) != len(top):
            self.fail(
                f"loss_weight must be given once for each top: {len(given)} given, {counted(len(top), 'top')}",
                field="loss_weight",
            )
        if not given:
            given = [1.0 if self.is_loss and index == 0 else 0.0 for index in range(len(top))]
            if self.is_loss and len(top) > 1:
                # Caffe rejects a loss layer with two tops without explicit weights.
                self.fail(f"has {counted(len(top), 'top')}, so loss_weight must be given for each")
        self.loss_weights = given
        self.write_loss_weights(top)

    def write_loss_weights(self, top: Sequence[Blob]) -> None:
        """Write each non-zero loss weight into its top's diff, where backward reads it.

        The net calls it again before each forward, as tops of a new shape need their weights again.
        """
        shapes = [blob.shape for blob in top]
        if shapes == self._weighted_shapes:
            return
        self._weighted_shapes = shapes
        for blob, weight in zip(top, self.loss_weights, strict=True):
            if weight:
                blob.diff[...] = weight

    def for_users(self) -> Any:
        """Return the layer as users of the net see it: with NumPy arrays, even if it runs on a GPU."""
        return self if self.device.is_host else HostLayer(self)

    # What subclasses use.

    def find_file(self, name: str, field: str, what: str = "file") -> Path:
        """Return the path of a file named in the settings: in the current folder, else in the model's.

        Fails with an error that names the layer and points at ``field`` if neither exists.
        """
        path = Path(os.path.expanduser(name))
        base = self.context.base_dir
        for candidate in (path, *([base / path] if base is not None else [])):
            if name and os.path.exists(candidate):
                return candidate
        above = None if base is None else folder_above(name, base)
        self.fail(
            f'{what} "{name}" does not exist',
            field=field,
            hint=f"there is one in {above}: run the command in that folder" if above else None,
            kind=MissingLayerFileError,
        )

    def refuse_gradients(
        self, propagate_down: Sequence[bool], bottom: Sequence[Blob], indices: Sequence[int]
    ) -> None:
        """Fail if backward is asked for the gradient of a bottom that has none, such as labels."""
        for index in indices:
            if index < len(bottom) and propagate_down[index]:
                self.fail(
                    f'bottom "{bottom[index].name}" {bottom[index].shape} has no gradient, but one is '
                    "needed here",
                    hint="a layer below it learns: give propagate_down once for each bottom, false "
                    "for this one",
                )

    def add_blob(self, shape: Sequence[int], filler: Any = None, name: str = "") -> Blob:
        """Append a learnable blob; ``filler`` is a FillerParameter message, a number with which it starts,
        or None for zeros.

        Values in the LayerParameter's own ``blobs`` take precedence over the filler.
        """
        index = len(self.blobs)
        if self._is_set_up:
            self.fail("learnable blobs can only be added in setup(): the net has collected them")
        blob = Blob(shape, device=self.device, dtype=self.dtype, name=name or f"blob_{index}")
        self.context.count_memory(blob)
        if index < len(self.param.blobs):
            stored = self.param.blobs[index]
            if not shape_fits(stored, blob.shape):
                shape = proto_shape(stored)
                self.fail(
                    f"blobs[{index}] in the file is {shape}, here it is {blob.shape}",
                    field=f"blobs.{index}",
                )
            values = as_type(array_from_proto(stored), self.dtype)
            blob.data[...] = self.device.asarray(values.reshape(blob.shape))
        elif isinstance(filler, Real):
            self.context.start(blob, float(filler))
        elif hasattr(filler, "DESCRIPTOR"):
            self._fill_by_message(blob, filler)
        elif filler is not None:
            raise TypeError(
                f"add_blob() takes a FillerParameter message or a number, not {type(filler).__name__}: "
                "self.add_blob(shape, self.param.my_param.filler)"
            )
        self.blobs.append(blob)
        self.blob_names.append(blob.name)
        return blob

    def _fill_by_message(self, blob: Blob, filler: Any) -> None:
        """Fill a blob by a FillerParameter message."""
        place = place_of(self.param, filler)
        try:
            with within_field(place):
                self.context.registry.filler(filler).fill(blob)
        except PluginCodeError as error:
            self.fail(error.message, field=place, hint=error.hint)

    def working_blob(self, part: str) -> Blob:
        """Return a new blob, named after ``part``, for values that the layer keeps between calls."""
        return Blob(device=self.device, dtype=self.dtype, name=f"{self.name}_{part}")

    def fail(
        self,
        message: str,
        field: str = "",
        *,
        hint: str | None = None,
        kind: Callable[..., LayerError] = LayerError,
    ) -> NoReturn:
        """Raise LayerError that names this layer; ``field`` is the path of the setting at fault.

        Quoted blob names are replaced by those in the model, without inserted splits.
        """
        text = self._naming_blobs(message)
        error = kind(self._naming_layer(text), hint=hint)
        error.field, error.layer, error.text = field, self.name, text
        raise error

    def warn(self, message: str) -> None:
        """Issue a warning that names this layer; blob names are replaced as in :meth:`fail`.

        In a run it goes to the terminal and the log, from Python it is a MyCaffeWarning.
        """
        self.context.warn(self._naming_layer(self._naming_blobs(message)))

    def _naming_blobs(self, message: str) -> str:
        names = self.context.names_in_file
        return re.sub(r'"([^"]+)"', lambda quoted: f'"{names.get(quoted[1], quoted[1])}"', message)

    def _naming_layer(self, message: str) -> str:
        return f'layer "{self.name}" ({self.type}): {message}'
