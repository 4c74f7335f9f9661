"""live.jsonl: its rows, and how it stays small."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from mycaffe_py.errors import OutputError
from mycaffe_py.events import Log, StepDone
from mycaffe_py.run.live import LiveWriter
from mycaffe_py.run.live_rows import LiveRows
from mycaffe_py.run.thinning import LiveThinning


def step(iteration, target=0.5, prediction=0.25, **more):
    sample = {"x": iteration / 8, "target": [target], "prediction": [prediction]} | more
    return StepDone(iteration, {"loss": 1.0}, 0.01, sample=sample)


def lines_of(folder):
    lines = (folder / "live.jsonl").read_text().splitlines()
    return json.loads(lines[0]), [json.loads(line) for line in lines[1:]]


def write(folder, *events, info=None):
    writer = LiveWriter(folder, info or {})
    for event in events:
        writer.observe(event)
    writer.close()
    return lines_of(folder)


def test_a_header_and_a_row_for_each_update(tmp_path):
    info = {"names": ["co2"], "x_name": "date", "tolerance": 0.02, "dates": True}
    header, rows = write(tmp_path, step(7), Log("x"), step(8, time=0.125), info=info)
    assert header == info | {"folded": 0}
    assert rows == [
        {"i": 7, "x": 0.875, "t": [0.5], "p": [0.25]},
        {"i": 8, "x": 1.0, "tt": 0.125, "t": [0.5], "p": [0.25]},
    ]


def test_rows_are_readable_while_the_run_goes_on(tmp_path):
    writer = LiveWriter(tmp_path, {})
    writer.observe(step(1))
    writer.idle()
    assert [row["i"] for row in lines_of(tmp_path)[1]] == [1]
    writer.close()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_null(tmp_path, bad):
    _, rows = write(tmp_path, step(1, prediction=bad), step(2, x=bad, target=-bad))
    assert rows[0] == {"i": 1, "x": 0.125, "t": [0.5], "p": [None]}
    assert rows[1] == {"i": 2, "x": None, "t": [None], "p": [0.25]}


def test_predictions_of_float32_come_back_exactly(tmp_path):
    value = float(np.float32(1) / np.float32(3))
    _, rows = write(tmp_path, step(1, prediction=value))
    assert np.float32(rows[0]["p"][0]) == np.float32(value)


def test_plain_numbers_of_other_trainers(tmp_path):
    sample = {"target": np.float64(2.0), "prediction": 1.5}
    header, rows = write(tmp_path, StepDone(3, {}, 0.1, sample=sample))
    assert header["names"] == ["y"] and header["x_name"] == "iteration"
    assert header["tolerance"] is None and header["dates"] is False
    assert rows == [{"i": 3, "x": 3, "t": [2], "p": [1.5]}]


@pytest.mark.parametrize("names", [[], ["only one"]])
def test_values_without_names_get_some(tmp_path, names):
    header, _ = write(
        tmp_path, step(1, target=1, prediction=1), info={"names": names and ["a", "b"]}
    )
    assert header["names"] == ["y"]
    (tmp_path / "live.jsonl").unlink()
    several = {"target": [1.0, 2.0], "prediction": [1.0, 2.5]}
    header, rows = write(tmp_path, StepDone(1, {}, 0.1, sample=several), info={"names": names})
    assert header["names"] == ["y[0]", "y[1]"] and rows[0]["p"] == [1, 2.5]


def test_without_samples_there_is_no_file(tmp_path):
    writer = LiveWriter(tmp_path, {})
    writer.observe(StepDone(1, {"loss": 1.0}, 0.1))
    writer.close()
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_never_overwritten(tmp_path):
    (tmp_path / "live.jsonl").write_text("mine")
    writer = LiveWriter(tmp_path, {})
    writer.observe(step(1))
    with pytest.raises(OutputError, match="cannot write .*live.jsonl"):
        writer.idle()
    assert (tmp_path / "live.jsonl").read_text() == "mine"


# Folding.


def by_the_rule(errors, kept, folds):
    """The updates that stay after so many folds, computed from all of them at once."""
    seen = (folds + 1) * kept
    old = seen - kept
    size = 1
    while math.ceil(old / size) > kept:
        size *= 2
    worst = {}
    for update in range(1, old + 1):
        block = (update - 1) // size
        if block not in worst or errors[update] > errors[worst[block]]:
            worst[block] = update
    return sorted(worst.values()) + list(range(old + 1, len(errors)))


@pytest.mark.parametrize("batch", [1, 5, 8])
@pytest.mark.parametrize("last", [15, 16, 24, 100, 407])
def test_the_newest_stay_in_full_and_the_worst_of_each_block_before(tmp_path, rng, last, batch):
    kept = 8
    errors = [0.0, *rng.random(last).tolist()]
    writer = LiveWriter(tmp_path, {})
    writer._rule = LiveThinning(kept)
    for update in range(1, last + 1):
        writer.observe(step(update, target=1.0, prediction=1.0 + errors[update]))
        if update % batch == 0:
            writer.idle()
    writer.close()
    header, rows = lines_of(tmp_path)
    updates = [row["i"] for row in rows]
    assert len(updates) <= kept + 2 * kept + batch
    assert updates[-kept:] == list(range(max(0, last - kept) + 1, last + 1))[-kept:]
    if batch in (1, 8):
        folds = max(0, last // kept - 1)
        assert header["folded"] == folds
        assert updates == (by_the_rule(errors, kept, folds) if folds else list(range(1, last + 1)))


def test_every_spike_of_a_long_run_stays(tmp_path):
    writer = LiveWriter(tmp_path, {})
    spikes = {137, 4096, 20_001, 33_333, 60_000}
    for update in range(1, 70_001):
        bad = math.nan if update == 33_333 else 9.0
        writer.observe(step(update, prediction=bad if update in spikes else 0.5))
        if update % 500 == 0:
            writer.idle()
    writer.close()
    header, rows = lines_of(tmp_path)
    assert spikes <= {row["i"] for row in rows}
    assert header["folded"] == 7 and len(rows) < 3 * 8192
    assert [row["i"] for row in rows[-8192:]] == list(range(61_809, 70_001))


def test_a_reader_that_forbids_the_fold_costs_only_space(tmp_path, monkeypatch):
    monkeypatch.setattr("mycaffe_py.run.live.replace_file", lambda path, data: False)
    writer = LiveWriter(tmp_path, {})
    writer._rule = LiveThinning(4)
    for update in range(1, 31):
        writer.observe(step(update))
        writer.idle()
    writer.close()
    assert [row["i"] for row in lines_of(tmp_path)[1]] == list(range(1, 31))


# In memory.


def rows_of(*updates, header=b'{"names": ["a"]}'):
    rows = LiveRows()
    rows.take_header(header)
    rows.append(b"".join(row_of(update) for update in updates))
    return rows


def row_of(update, target=1.0, prediction=1.5):
    return (
        json.dumps({"i": update, "x": update / 4, "t": [target], "p": [prediction]}).encode()
        + b"\n"
    )


def test_the_newest_samples_by_column():
    rows = rows_of(1, 2, 3)
    assert rows.newest(2) == {
        "names": ["a"],
        "x_name": "x",
        "tolerance": None,
        "dates": False,
        "iteration": [2, 3],
        "x": [0.5, 0.75],
        "target": [[1.0, 1.0]],
        "prediction": [[1.5, 1.5]],
    }
    assert rows.since(2, 10)["iteration"] == [3] and rows.since(3, 10)["iteration"] == []


def test_times_are_given_if_there_are_any():
    rows = rows_of(1)
    rows.append(b'{"i": 2, "x": 1, "tt": 0.5, "t": [1], "p": [null]}\n')
    found = rows.newest(5)
    assert found["time"] == [None, 0.5] and found["prediction"] == [[1.5, None]]


def test_rows_seen_before_and_broken_ones_are_left_out():
    rows = rows_of(1, 2)
    assert (
        rows.append(
            row_of(2) + row_of(3) + b"{torn\n" + b'{"i": 4, "x": 1, "t": [1, 2], "p": [1]}\n'
        )
        == 1
    )
    assert rows.newest(9)["iteration"] == [1, 2, 3]


def test_too_many_samples_are_the_worst_of_each_block():
    rows = LiveRows()
    rows.take_header(b'{"names": ["a"]}')
    rows.append(b"".join(row_of(i, prediction=5.0 if i % 4 == 2 else 1.0) for i in range(1, 33)))
    assert rows.since(0, 8)["iteration"] == [2, 6, 10, 14, 18, 22, 26, 30]


def test_the_reader_thins_as_the_writer_does(tmp_path, rng):
    writer, rows = LiveWriter(tmp_path, {}), LiveRows()
    writer._rule, rows._rule = LiveThinning(8), LiveThinning(8)
    rows.take_header(b'{"names": ["y"]}')
    for update in range(1, 300):
        broken = update % 7 == 0  # its error is the largest there is
        event = step(update, prediction=math.nan if broken else float(rng.random()))
        writer.observe(event)
        writer.idle()
        rows.append((tmp_path / "live.jsonl").read_bytes().split(b"\n", 1)[1])
        assert rows.newest(999)["iteration"] == [row["i"] for row in lines_of(tmp_path)[1]]
    writer.close()


def test_a_broken_header_gives_no_names():
    rows = rows_of(1, header=b"[1]")
    assert rows.names == [] and rows.newest(5)["iteration"] == []


def test_what_numpy_gives_is_written_as_numbers(tmp_path):
    info = {"names": np.array(["a"]), "tolerance": np.float32(0.5), "dates": np.bool_(True)}
    writer = LiveWriter(tmp_path, info)
    one = np.array([2.0])
    writer.observe(
        StepDone(1, {}, 0.1, sample={"x": one, "time": one, "target": one, "prediction": one})
    )
    writer.close()
    header, row = map(json.loads, (tmp_path / "live.jsonl").read_text().splitlines())
    assert header["names"] == ["a"] and header["tolerance"] == 0.5 and header["dates"] is True
    assert row == {"i": 1, "x": 2, "tt": 2, "t": [2], "p": [2]}
