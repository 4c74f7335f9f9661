"""Files of weights (.caffemodel) and solver states (.solverstate), in Caffe's formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .atomic import atomic_write as atomic_write, check_target as check_target
    from .caffemodel import (
        LoadReport as LoadReport,
        load_weights as load_weights,
        net_to_proto as net_to_proto,
        save_weights as save_weights,
        split_paths as split_paths,
    )
    from .nearby import runs_hint as runs_hint
    from .restoring import (
        RestoreReport as RestoreReport,
        check_snapshot as check_snapshot,
        restore as restore,
    )
    from .snapshot_targets import check_prefix as check_prefix
    from .solverstate import (
        check_format as check_format,
        check_writable as check_writable,
        save_snapshot as save_snapshot,
        save_state as save_state,
        snapshot_paths as snapshot_paths,
    )
    from .trying_state import try_state as try_state
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        atomic="atomic_write check_target",
        caffemodel="LoadReport load_weights net_to_proto save_weights split_paths",
        nearby="runs_hint",
        restoring="RestoreReport check_snapshot restore",
        solverstate="check_format check_writable save_snapshot save_state snapshot_paths",
        snapshot_targets="check_prefix",
        trying_state="try_state",
    )
