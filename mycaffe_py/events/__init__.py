"""The events of a run, and their formatting as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .events import (
        Event as Event,
        FinalLoss as FinalLoss,
        Log as Log,
        SnapshotWritten as SnapshotWritten,
        SolveEnded as SolveEnded,
        SolveStarted as SolveStarted,
        StepDone as StepDone,
        TestDone as TestDone,
        TrainingEnded as TrainingEnded,
        TrainingStarted as TrainingStarted,
    )
    from .observer import Observer as Observer
    from .output_names import with_outputs as with_outputs
    from .run_info import LayerInfo as LayerInfo, RunInfo as RunInfo
    from .taken import ArraysTaken as ArraysTaken, PictureTaken as PictureTaken
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        events="Event FinalLoss Log SnapshotWritten SolveEnded SolveStarted StepDone "
        "TestDone TrainingEnded TrainingStarted",
        observer="Observer",
        output_names="with_outputs",
        run_info="LayerInfo RunInfo",
        taken="ArraysTaken PictureTaken",
    )
