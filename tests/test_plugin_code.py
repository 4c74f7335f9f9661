"""Exceptions whose text is very long, or that cannot give one."""

from __future__ import annotations

import pytest

from mycaffe_py.plugin_code import named_text, text_of
from mycaffe_py.run import RunDirectory, TrainingSession, read_record


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("bad"), "ValueError: bad"),
        (StopIteration(), "StopIteration"),
        (Mute(), "Mute: (its text cannot be shown: RuntimeError)"),
        (ValueError("x" * 2000), "ValueError: " + "x" * 2000),
        (ValueError("x" * 2001), "ValueError: " + "x" * 2000 + " ... (2,001 characters)"),
    ],
)
def test_class_and_text(error, text):
    assert named_text(error) == text
    assert text_of(error) == text.partition(": ")[2]


@pytest.mark.parametrize("error", [Mute(), ValueError("x" * 1_000_000)])
def test_a_run_ends_in_order_and_its_record_stays_small(tmp_path, monkeypatch, registry, error):
    from mycaffe_py.builder import build_training

    monkeypatch.chdir(tmp_path)
    training = build_training(
        solver="adamw.prototxt", model="LiquidNetCfc.prototxt", registry=registry, seed=1
    )

    def forward(bottom, top):
        raise error

    training.net.layers[-1].forward = forward
    session = TrainingSession(training, RunDirectory.create("runs", "x"))
    with pytest.raises(type(error)):
        session.run()
    folder = session.directory.path
    assert read_record(folder)["status"] == "failed"
    assert (folder / "run.json").stat().st_size < 20_000
