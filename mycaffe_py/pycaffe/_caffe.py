"""pycaffe's ``caffe._caffe``: what is C++ there, its classes of lists included."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from mycaffe_py.blob.blob import Blob as Blob
from mycaffe_py.blob.host_blob import HostBlob, HostLayer
from mycaffe_py.builder.training import get_solver as get_solver
from mycaffe_py.layer.layer import Layer as Layer
from mycaffe_py.net.net import Net as Net
from mycaffe_py.solver.solver import Solver as Solver
from mycaffe_py.version import __version__ as __version__

from .bound_names import bound_names
from .modes import (
    NCCL as NCCL,
    Timer as Timer,
    has_nccl as has_nccl,
    init_log as init_log,
    layer_type_list as layer_type_list,
    log as log,
    set_device as set_device,
    set_mode_cpu as set_mode_cpu,
    set_mode_gpu as set_mode_gpu,
    set_multiprocess as set_multiprocess,
    set_random_seed as set_random_seed,
    set_solver_count as set_solver_count,
    set_solver_rank as set_solver_rank,
    solver_count as solver_count,
    solver_rank as solver_rank,
)
from .solvers import (
    AdaDeltaSolver as AdaDeltaSolver,
    AdaGradSolver as AdaGradSolver,
    AdamSolver as AdamSolver,
    NesterovSolver as NesterovSolver,
    RMSPropSolver as RMSPropSolver,
    SGDSolver as SGDSolver,
)

if not TYPE_CHECKING:
    __getattr__, __dir__ = bound_names(
        __name__,
        LayerParameter="mycaffe_py.pycaffe.proto.caffe_pb2:LayerParameter",
        SolverParameter="mycaffe_py.pycaffe.proto.caffe_pb2:SolverParameter",
    )


class _OfOneKind(type):
    """Metaclass: any list of things of a kind counts as an instance, as nets and layers use plain lists."""

    items: tuple[type, ...]

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, list | tuple) and all(map(cls.fits, instance))

    def fits(cls, item: Any) -> bool:
        """Whether something may be in such a list."""
        whole = cls.items != (bool,) and isinstance(item, bool)
        return isinstance(item, cls.items) and not whole


class _Vector(list[Any], metaclass=_OfOneKind):
    """A list of things of one kind; TypeError for others."""

    items: tuple[type, ...] = (object,)

    def __init__(self, given: Iterable[Any] = ()):
        super().__init__(map(self._checked, given))

    @classmethod
    def _checked(cls, item: Any) -> Any:
        if not cls.fits(item):
            raise TypeError(f"a {cls.__name__} holds no {type(item).__name__}")
        return item

    def append(self, item: Any) -> None:
        """Add something of the kind."""
        super().append(self._checked(item))

    def extend(self, items: Iterable[Any]) -> None:
        """Add several."""
        super().extend(map(self._checked, items))

    def __setitem__(self, index: Any, item: Any) -> None:
        several = isinstance(index, slice)
        super().__setitem__(index, map(self._checked, item) if several else self._checked(item))


class RawBlobVec(_Vector):
    """Blobs, as the bottoms and tops that a Python layer gets."""

    items = (Blob, HostBlob)


class BlobVec(RawBlobVec):
    """Blobs, as the learnable ones of a layer."""

    def add_blob(self, *dims: int) -> None:
        """Append a blob of zeros with these dimensions."""
        self.append(Blob(dims))


class LayerVec(_Vector):
    """Layers, as those of a net."""

    items = (Layer, HostLayer)


class StringVec(_Vector):
    """Texts."""

    items = (str,)


class IntVec(_Vector):
    """Whole numbers."""

    items = (Integral,)


class DtypeVec(_Vector):
    """Numbers."""

    items = (Real,)


class NetVec(_Vector):
    """Nets, as the test nets of a solver."""

    items = (Net,)


class BoolVec(_Vector):
    """Truth values, as ``propagate_down``."""

    items = (bool,)
