"""The Python layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mycaffe_py.blob import Blob, HostBlob, host_views, refresh_views, send_writes
from mycaffe_py.device import Device
from mycaffe_py.errors import MyCaffeError, add_note
from mycaffe_py.layer import Layer, LayerContext

from .python_class import find_layer_class, make_object, require_methods
from .python_module import users_code


class Python(Layer):
    """Runs a user-defined class written for pycaffe; ``python_param`` names its module and the class.

    The class derives from ``caffe.Layer`` and defines ``setup``, ``reshape``, ``forward`` and ``backward``; it
    has ``param_str``, ``phase`` and ``blobs``. It may have any bottoms and tops, learnable blobs
    (``self.blobs.add_blob(...)`` in ``setup``) and, with ``loss_weight``, be a loss. Arrays of bottoms, tops and
    blobs are NumPy arrays on every device. Exceptions keep their class and traceback.
    """

    type = "Python"
    parameters = ("python_param",)
    runs_named_code = True
    allows_in_place = True  # as in Caffe, the class is responsible for working in place

    def __init__(self, param: Any, context: LayerContext):
        super().__init__(param, context)
        cls = find_layer_class(self)
        if not self.device.is_host:
            context = replace(context, device=Device("cpu", seed=self.device.seed))
        self.user = make_object(self, cls, context)
        """The user's object; on the host, it shares this layer's blobs."""
        self.user.type = cls.type or self.type
        self.is_loss = self.user.is_loss
        if self.device.is_host:
            self.blobs, self.blob_names = self.user.blobs, self.user.blob_names
        self._facing: dict[int, tuple[Sequence[Blob], list[Any]]] = {}

    def for_users(self) -> Layer:
        """Return the user's object."""
        return self.user

    def initialize(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Set up like every layer, with the numbers of blobs that the class asks for."""
        self.user._check_counts(len(bottom), len(top))
        super().initialize(bottom, top)
        self.user.loss_weights = self.loss_weights

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Call the class's ``setup`` and adopt the learnable blobs that it created."""
        try:
            self._run("setup", bottom, top)
        except Exception as error:
            given = self.user.param_str
            if given and not isinstance(error, MyCaffeError):
                add_note(error, f"its param_str: {given[:200]}")
            raise
        require_methods(self, self.user)
        self.user._is_set_up = True
        if not self.device.is_host:
            self._move_blobs()

    def _move_blobs(self) -> None:
        """Move the learnable blobs that the class created on the host to the device."""
        self.blob_names = self.user.blob_names
        users: list[Any] = self.user.blobs
        for index, made in enumerate(users):
            blob = Blob(made.shape, device=self.device, dtype=self.dtype, name=made.name)
            blob.data[...] = self.device.asarray(made.data)
            self.blobs.append(blob)
            users[index] = HostBlob(blob)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Call the class's ``reshape``."""
        self._run("reshape", bottom, top)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Call the class's ``forward``."""
        try:
            self._run("forward", bottom, top)
        except ValueError as error:
            for blob in top:
                if not blob.shape and any(below.shape for below in bottom):
                    add_note(
                        error, f'top "{blob.name}" has no axes: did reshape() give it a shape?'
                    )
            raise

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Call the class's ``backward``."""
        self.user.param_propagate_down = self.param_propagate_down
        self._run("backward", top, propagate_down, bottom)

    def _run(self, method: str, *arguments: Any) -> None:
        """Call a method of the user's object, with blobs of NumPy arrays."""
        call = getattr(self.user, method)
        if self.device.is_host:
            with users_code():
                call(*arguments)
            return
        refresh_views()
        with users_code():
            call(*(self._as_seen(argument) for argument in arguments))
        send_writes()

    def _as_seen(self, argument: Any) -> Any:
        """Return blobs as the user sees them, the same ones in each call, and anything else unchanged."""
        if not argument or not isinstance(argument[0], Blob):
            return argument
        blobs, seen = self._facing.get(id(argument), (None, []))
        if blobs is not argument:
            seen = host_views(argument)
            self._facing[id(argument)] = (argument, seen)
        return seen

    # The rest of the layer interface.

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Delegate to the class."""
        return self.user.allow_force_backward(bottom_index)

    def storage_order(self) -> list[int]:
        """Delegate to the class."""
        return self.user.storage_order()

    def state(self) -> Any:
        """Delegate to the class, since the object may have an attribute called ``state``."""
        return type(self.user).state(self.user)

    def load_state(self, state: Any) -> None:
        """Pass the state to the class."""
        type(self.user).load_state(self.user, state)

    def close(self) -> None:
        """Delegate to the class."""
        type(self.user).close(self.user)
