"""Trainer: feeds a solver from a gym; and what trainers are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .gym_batch import GymBatch as GymBatch, blob_of_roles as blob_of_roles
    from .gym_trainer import GymTrainer as GymTrainer
    from .report import (
        Report as Report,
        ReportTable as ReportTable,
        report_of as report_of,
        test_report_of as test_report_of,
    )
    from .rolling import RollingFigures as RollingFigures
    from .time_forms import warn_of_time as warn_of_time
    from .trainer import Trainer as Trainer
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        gym_batch="GymBatch blob_of_roles",
        gym_trainer="GymTrainer",
        report="Report ReportTable report_of test_report_of",
        rolling="RollingFigures",
        time_forms="warn_of_time",
        trainer="Trainer",
    )
