from __future__ import annotations

import json

import pytest

from mycaffe_py.errors import ConfigError, MissingFileError, SnapshotError
from mycaffe_py.run.lock import RunLock
from mycaffe_py.run.resume import find_state, iteration_in_name, states_in


def make_run(base, number, *files, status="done", snapshots=()):
    folder = base / "Net" / f"{number:03d}"
    folder.mkdir(parents=True)
    for name in files:
        (folder / name).write_text("torn" if name.startswith("torn") else "whole")
    record = {"status": status, "working_folder": str(base), "snapshots": list(snapshots)}
    (folder / "run.json").write_text(json.dumps(record))
    return folder


def use(path):
    if path.read_text() != "whole":
        raise SnapshotError(f"{path} is cut short", hint="copy it once more")


def find(spec, base, warnings=None):
    return found(spec, base, warnings).state


def found(spec, base, warnings=None):
    return find_state(
        str(spec), base, "Net", use=use, warn=[].append if warnings is None else warnings.append
    )


def test_auto_takes_the_most_iterations_of_the_newest_run(tmp_path):
    make_run(tmp_path, 1, "Net_iter_900.solverstate")
    run = make_run(tmp_path, 2, "Net_iter_20.solverstate", "Net_iter_100.solverstate")
    assert find("auto", tmp_path) == run / "Net_iter_100.solverstate"


def test_auto_passes_over_torn_snapshots_and_empty_runs_with_a_warning(tmp_path):
    run = make_run(tmp_path, 1, "Net_iter_5.solverstate", "torn_iter_9.solverstate")
    make_run(tmp_path, 2)
    warnings = []
    assert find("auto", tmp_path, warnings) == run / "Net_iter_5.solverstate"
    assert len(warnings) == 1 and "torn_iter_9" in warnings[0] and "cut short" in warnings[0]


def test_auto_passes_over_a_run_that_diverged(tmp_path):
    run = make_run(tmp_path, 1, "Net_iter_5.solverstate")
    make_run(tmp_path, 2, "Net_iter_7.solverstate", status="diverged")
    warnings = []
    assert find("auto", tmp_path, warnings).parent == run
    assert "diverged" in warnings[0]


def test_auto_without_any_run_says_where_it_looked(tmp_path):
    with pytest.raises(MissingFileError, match='net "Net" in .*Net: it has no runs') as caught:
        find("auto", tmp_path)
    assert caught.value.exit_code == 3
    make_run(tmp_path, 1)
    with pytest.raises(MissingFileError, match="none of its runs has a usable snapshot"):
        find("auto", tmp_path)


def test_a_run_folder_and_a_state_are_taken_as_they_are(tmp_path):
    run = make_run(tmp_path, 1, "Net_iter_5.solverstate")
    assert find(run, tmp_path) == find(run / "Net_iter_5.solverstate", tmp_path)


def test_only_a_last_state_is_enough(tmp_path):
    run = make_run(tmp_path, 1, "last.solverstate")
    assert find(run, tmp_path).name == "last.solverstate"


def test_weights_lead_to_the_state_beside_them(tmp_path):
    run = make_run(tmp_path, 1, "Net_iter_5.solverstate", "Net_iter_5.caffemodel")
    assert find(run / "Net_iter_5.caffemodel", tmp_path) == run / "Net_iter_5.solverstate"


def test_weights_alone_are_explained(tmp_path):
    run = make_run(tmp_path, 1, "best.caffemodel")
    with pytest.raises(ConfigError, match="contains only weights") as caught:
        find(run / "best.caffemodel", tmp_path)
    assert f"--weights {run / 'best.caffemodel'}" in caught.value.hint


def test_a_folder_without_states(tmp_path):
    with pytest.raises(MissingFileError, match="contains no .solverstate"):
        find(tmp_path, tmp_path)


def test_a_folder_with_torn_states_only_raises_the_first_error_with_its_hint(tmp_path):
    run = make_run(tmp_path, 1, "torn_iter_3.solverstate", "torn_iter_9.solverstate")
    warnings = []
    with pytest.raises(SnapshotError, match="torn_iter_9.* is cut short") as caught:
        find(run, tmp_path, warnings)
    assert caught.value.hint == "copy it once more" and warnings == []


def test_a_copy_of_a_snapshot_that_failed_is_not_told_again(tmp_path):
    run = make_run(tmp_path, 1, "torn_iter_3.solverstate")
    (run / "last.solverstate").write_text("torn")
    make_run(tmp_path, 0, "Net_iter_1.solverstate")
    warnings = []
    find("auto", tmp_path, warnings)
    assert len(warnings) == 1 and "torn_iter_3" in warnings[0]
    assert warnings[0].endswith("copy it once more")


def test_a_whole_copy_of_a_torn_snapshot_is_used(tmp_path):
    run = make_run(tmp_path, 1, "torn_iter_3.solverstate", "last.solverstate")
    assert find(run, tmp_path).name == "last.solverstate"


def test_the_run_of_a_snapshot_sent_elsewhere_is_found(tmp_path):
    state = tmp_path / "a_iter_8.solverstate"
    state.write_text("whole")
    run = make_run(tmp_path, 1, snapshots=[{"state": state.name}])
    make_run(tmp_path, 2)
    assert found("auto", tmp_path) == (state, run)
    assert found(run, tmp_path) == (state, run)
    assert found(state, tmp_path) == (state, tmp_path)


def test_a_torn_state_named_outright_is_an_error(tmp_path):
    run = make_run(tmp_path, 1, "torn_iter_3.solverstate")
    with pytest.raises(SnapshotError, match="cut short"):
        find(run / "torn_iter_3.solverstate", tmp_path)


def test_a_missing_file_is_answered_with_the_nearest(tmp_path):
    run = make_run(tmp_path, 1, "Net_iter_500.solverstate")
    with pytest.raises(MissingFileError) as caught:
        find(run / "Net_iter_50.solverstate", tmp_path)
    assert "Net_iter_500.solverstate" in caught.value.hint


def test_snapshots_sent_elsewhere_are_found_through_the_record(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    state = tmp_path / "elsewhere" / "a_iter_8.solverstate"
    state.write_text("whole")
    run = make_run(
        tmp_path,
        1,
        "last.solverstate",
        snapshots=[{"state": "elsewhere/a_iter_8.solverstate"}, {"state": "gone.solverstate"}],
    )
    assert states_in(run)[0] == state
    assert iteration_in_name(state) == 8 and iteration_in_name(run / "last.solverstate") == -1


def test_auto_takes_a_lost_run_and_warns_of_one_that_runs(tmp_path):
    run = make_run(tmp_path, 1, "Net_iter_5.solverstate", status="running")
    warnings = []
    assert find("auto", tmp_path, warnings).parent == run and warnings == []
    held = RunLock(run)
    assert find("auto", tmp_path, warnings).parent == run
    assert len(warnings) == 1 and "is still running" in warnings[0]
    held.release()


def test_snapshots_in_the_folder_are_found_wherever_it_was_moved_to(tmp_path):
    run = make_run(
        tmp_path, 1, "Net_iter_5.solverstate", snapshots=[{"state": "Net_iter_5.solverstate"}]
    )
    moved = run.rename(tmp_path / "moved")
    assert states_in(moved) == [moved / "Net_iter_5.solverstate"]
