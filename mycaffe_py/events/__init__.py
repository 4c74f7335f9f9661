"""The events of a run, and their formatting as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .events import (
        Event as Event,
        FinalLoss as FinalLoss,
        Log as Log,
        Observer as Observer,
        SnapshotWritten as SnapshotWritten,
        SolveEnded as SolveEnded,
        SolveStarted as SolveStarted,
        StepDone as StepDone,
        TestDone as TestDone,
        TrainingEnded as TrainingEnded,
        TrainingStarted as TrainingStarted,
    )
    from .output_names import with_outputs as with_outputs
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        events="Event FinalLoss Log Observer SnapshotWritten SolveEnded SolveStarted StepDone "
        "TestDone TrainingEnded TrainingStarted",
        output_names="with_outputs",
    )
