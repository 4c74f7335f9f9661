"""A training run and its files: run folder, record, metrics, snapshots and pictures; following a run, and asking it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .asking import ASKS as ASKS, ask_run as ask_run
    from .directory import (
        DEFAULT_BASE as DEFAULT_BASE,
        RunDirectory as RunDirectory,
        folder_name as folder_name,
    )
    from .follow import Changes as Changes, RunFollower as RunFollower
    from .history_files import read_history as read_history
    from .lock import is_alive as is_alive
    from .metrics import (
        MOST_COLUMNS as MOST_COLUMNS,
        read_columns as read_columns,
        read_tests as read_tests,
        row_of as row_of,
    )
    from .observing import observing as observing
    from .png import png_bytes as png_bytes
    from .progress import read_progress as read_progress
    from .record import read_record as read_record
    from .recorded import recorded_path as recorded_path
    from .sample_picture import (
        draw_samples as draw_samples,
        read_samples as read_samples,
        scattered as scattered,
    )
    from .session import Outcome as Outcome, TrainingSession as TrainingSession
    from .summary import run_id as run_id, runs_in as runs_in, summarize as summarize
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        asking="ASKS ask_run",
        directory="DEFAULT_BASE RunDirectory folder_name",
        follow="Changes RunFollower",
        history_files="read_history",
        lock="is_alive",
        metrics="MOST_COLUMNS read_columns read_tests row_of",
        observing="observing",
        png="png_bytes",
        progress="read_progress",
        record="read_record",
        recorded="recorded_path",
        sample_picture="draw_samples read_samples scattered",
        session="Outcome TrainingSession",
        summary="run_id runs_in summarize",
    )
