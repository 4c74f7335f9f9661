"""check_observer: check that an observer takes a whole run, also one without updates, and ends."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.events.events import (
    Event,
    FinalLoss,
    Log,
    SnapshotWritten,
    SolveEnded,
    SolveStarted,
    StepDone,
    TestDone,
    TrainingEnded,
    TrainingStarted,
)
from mycaffe_py.events.observer import Observer
from mycaffe_py.events.run_info import LayerInfo, RunInfo
from mycaffe_py.events.taken import ArraysTaken, PictureTaken
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.plugins.type_fields import own_fields

from .subjects import subject_of

_NAN = float("nan")


def check_observer(
    observer: Any,
    settings: str = "",
    *,
    registry: Registry | None = None,
    folder: str | Path | None = None,
) -> list[Path]:
    """Raise AssertionError if an observer violates its contract; return the files that it wrote.

    ``observer`` is an Observer class, with its settings as prototxt text, or an ObserverParameter, as text or as a
    message. It is made, and follows three runs in
    folders of their own below ``folder`` (default: a temporary one): one with every kind of event, with values that
    are not finite, names with spaces and letters of other alphabets; one that continues another and is interrupted;
    one that fails before its first update. It is checked that nothing raises, that the constructor writes nothing
    into the run folder, and that the arrays of events are not changed.
    """
    observer, registry = subject_of(observer, "observers", settings, registry)
    cls = registry.observers.find(observer.type)
    _check_class(cls, observer)
    if folder is not None:
        return _runs(cls, observer, Path(folder))
    with tempfile.TemporaryDirectory() as made:
        return _runs(cls, observer, Path(made))


def _check_class(cls: Any, param: Any) -> None:
    if cls.schema and not own_fields(cls, "observers", param.DESCRIPTOR.fields_by_name):
        raise AssertionError(_say(cls, "schema adds no field to ObserverParameter"))
    cls.check(param)


def _runs(cls: Any, param: Any, base: Path) -> list[Path]:
    written: list[Path] = []
    for name, (info, events) in _cases(base).items():
        info.folder.mkdir(parents=True)
        observer = _made(cls, param, info.folder)
        _call(cls, name, "start", observer.start, info)
        try:
            for batch in events:
                for event in batch:
                    _observe(cls, name, observer, event)
                _call(cls, name, "idle", observer.idle)
        finally:
            _call(cls, name, "close", observer.close)
        written += sorted(path for path in info.folder.rglob("*") if path.is_file())
    return written


def _made(cls: Any, param: Any, folder: Path) -> Observer:
    observer = cls(param)
    if any(folder.iterdir()):
        raise AssertionError(_say(cls, "its constructor writes files; start() may, once"))
    for name in ("arrays_every", "pictures_every"):
        value = getattr(observer, name)
        if not isinstance(value, int) or value < 0:
            raise AssertionError(_say(cls, f"{name} is {value!r}; it must be an int of at least 0"))
    return observer


def _observe(cls: Any, run: str, observer: Observer, event: Event) -> None:
    before = {name: array.copy() for name, array in _arrays_of(event)}
    what = f"observe({type(event).__name__})"
    _call(cls, run, what, observer.observe, event)
    for name, array in _arrays_of(event):
        if not np.array_equal(array, before[name], equal_nan=array.dtype.kind == "f"):
            raise AssertionError(
                _say(cls, f"{what} changes {name}; other observers get the same arrays")
            )


def _arrays_of(event: Event) -> Iterator[tuple[str, np.ndarray]]:
    if isinstance(event, PictureTaken):
        yield "pixels", event.pixels
    elif isinstance(event, ArraysTaken):
        for kind in ("parameters", "gradients"):
            for name, array in getattr(event, kind).items():
                yield f"{kind}[{name!r}]", array


def _call(cls: Any, run: str, what: str, method: Any, *arguments: Any) -> None:
    try:
        method(*arguments)
    except Exception as error:
        raise AssertionError(
            _say(cls, f"in a run that {run}, {what} raised {type(error).__name__}: {error}")
        ) from error


def _say(cls: Any, what: str) -> str:
    return f'observer "{cls.type}": {what}'


def _cases(base: Path) -> dict[str, tuple[RunInfo, list[list[Event]]]]:
    whole = RunInfo(
        folder=base / "whole",
        net="net of déjà vu",
        model='name: "net"\nlayer { name: "ip" type: "InnerProduct" }\n',
        solver='type: "SGD"\nbase_lr: 0.01\n',
        settings={"type": "SGD", "base_lr": 0.01, "max_iter": 3, "debug_info": False},
        seed=7,
        max_iter=3,
        layers=(
            LayerInfo("data", "Input", (), ("x", "label"), ((2, 3), (2,))),
            LayerInfo("ip", "InnerProduct", ("x",), ("y",), ((2, 1),), ((1, 3), (1,))),
            LayerInfo("loss", "EuclideanLoss", ("y", "label"), ("loss",), ((),)),
        ),
    )
    resumed = RunInfo(
        base / "resumed", "net", iteration=100, max_iter=200, resumed_run=base / "whole"
    )
    failed = RunInfo(base / "failed", "net", max_iter=10)
    return {
        "has every event": (whole, [[TrainingStarted(0, 3), SolveStarted(0)], *_updates(whole)]),
        "continues another": (
            resumed,
            [
                [TrainingStarted(100, 200), StepDone(101, {"loss": 0.5}, 0.01)],
                [TrainingEnded(101, "interrupted")],
            ],
        ),
        "fails before its first update": (
            failed,
            [[TrainingStarted(0, 10), TrainingEnded(0, "failed", "a reason\nin two lines")]],
        ),
    }


def _updates(run: RunInfo) -> Iterator[list[Event]]:
    arrays: dict[str, np.ndarray] = {
        "ip/0": np.array([[0.5, _NAN, float("inf")]], np.float32),
        "ip/1": np.zeros(1),
    }
    empty = {
        "none/0": np.zeros((0,), np.float32),
        **{name: array.copy() for name, array in arrays.items()},
    }
    sample = {"x": 0.0, "target": [0.0], "prediction": [_NAN]}
    yield [
        TestDone(0, 0, {"loss": 1.0, "test accuracy (%)": _NAN}),
        TestDone(0, 1, {"loss": 1.0}),
        ArraysTaken(1, arrays, empty),
        StepDone(
            1, {"loss": 0.5, "accuracy": 0.25}, 0.01, True, sample, {"loss": 0.5, "y[0]": 2.0}
        ),
        StepDone(2, {"loss": float("inf"), "größe": _NAN}, 1e-30),
    ]
    yield []
    yield [
        PictureTaken(2, np.arange(6 * 4 * 3, dtype=np.uint8).reshape(6, 4, 3)),
        Log("a line"),
        Log("a warning\nin two lines", "warning"),
        SnapshotWritten(2, run.folder / "net.caffemodel", run.folder / "net.solverstate"),
        StepDone(3, {"loss": 0.25}, 0.01),
        FinalLoss(3, 0.25),
        SolveEnded(3),
        TrainingEnded(3, "done"),
    ]
