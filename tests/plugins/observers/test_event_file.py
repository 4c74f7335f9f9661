"""Event files that begin in one second, and values and texts that are hard to write."""

from __future__ import annotations

import math

import numpy as np
import pytest
from mycaffe_plugins.observers import event_file
from mycaffe_plugins.observers.summaries import histogram_of, texts

from .event_reader import read_events


def test_files_that_begin_in_one_second_are_all_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(event_file.time, "time", lambda: 1.5e9)
    for step in range(12):
        file = event_file.EventFile(tmp_path)
        file.add(step, texts({"a": "b"}))
        file.close()
    paths = sorted(tmp_path.iterdir())
    steps = []
    for index, path in enumerate(paths):
        alone = tmp_path / str(index)
        alone.mkdir()
        steps.append(read_events(path.rename(alone / path.name).parent)[-1].step)
    assert steps == list(range(12))
    assert all(".tfevents.1500000000." in path.name for path in paths)


@pytest.mark.parametrize(
    "values",
    [[1.0, math.nextafter(1, 2)], [1e308, -1e308], [1e200], [1e16, 1e16], [0.0, 5e-324]],
)
def test_a_histogram_of_values_that_no_bins_separate(values):
    made = histogram_of(np.array(values))
    assert made.num == len(values) == sum(made.bucket)
    assert (made.min, made.max) == (min(values), max(values))
    assert made.bucket_limit[0] == min(values) and made.bucket_limit[-1] == max(values)


def test_a_path_that_is_no_utf_8_can_be_written():
    summary = texts({"snapshots": "interval: runs/\udcff/a"})
    assert b"runs/\\udcff/a" in summary.SerializeToString()
