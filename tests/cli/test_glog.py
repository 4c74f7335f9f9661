"""Logging of Caffe's tools as glog's flags say: log files, their names, links and lines, and what stderr gets."""

from __future__ import annotations

import os
import re
import socket
from datetime import datetime

import pytest

from mycaffe_py.cli.glog_files import LogFiles
from mycaffe_py.cli.glog_flags import FATAL, INFO, WARNING

from .test_caffe_log import ITERATION, LOSS, RATE, TEST_OUTPUT, TRAIN_OUTPUT

NET = """
name: "Small"
layer { name: "data" type: "DummyData" top: "x" top: "t"
  dummy_data_param { shape { dim: 4 dim: 3 } shape { dim: 4 dim: 1 } data_filler { type: "constant" value: 1 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
  inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
layer { name: "act" type: "ReLU" bottom: "y" top: "y" }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }
"""
SOLVER = """
net: "small.prototxt" base_lr: 0.01 lr_policy: "fixed" max_iter: 4 display: 2 test_iter: 1 test_interval: 2
"""
HEAD = re.compile(r"([IWEF])(\d{4} \d\d:\d\d:\d\d\.\d{6}) +\d+ mycaffe\] (.*)")


@pytest.fixture
def folder(mycaffe, tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("GLOG_", "GOOGLE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("USER", "ann")
    monkeypatch.setattr("sys.argv", ["/usr/bin/mycaffe"])
    (tmp_path / "small.prototxt").write_text(NET)
    (tmp_path / "sgd.prototxt").write_text(SOLVER)
    (tmp_path / "logs").mkdir()
    return tmp_path


@pytest.fixture
def train(mycaffe, folder):
    def run(*flags, code=0):
        result = mycaffe("train", "--solver", "sgd.prototxt", "--device", "cpu", *flags)
        assert result.exit_code == code, result.stderr
        return result.stderr.splitlines()

    return run


def log(folder, severity="INFO"):
    (path,) = (folder / "logs").glob(f"*.log.{severity}.*")
    return path.read_text().splitlines()


@pytest.mark.posix
def test_names_and_links(train, folder):
    train("-log_dir=logs")
    host = re.sub(r"[^\w.@-]", "_", socket.gethostname())[:60]
    names = sorted(path.name for path in (folder / "logs").iterdir())
    assert names[0] == "mycaffe.INFO"
    pattern = rf"mycaffe\.{re.escape(host)}\.ann\.log\.INFO\.\d{{8}}-\d{{6}}\.{os.getpid()}"
    assert re.fullmatch(pattern, names[1]) and len(names) == 2  # no warnings, no files of them
    assert os.readlink(folder / "logs" / names[0]) == names[1]


def test_lines(train, folder):
    shown = train("-log_dir", "logs")
    lines = log(folder)
    assert lines[0].startswith("Log file created at: ") and lines[1].startswith(
        "Running on machine: "
    )
    assert lines[2] == "Log line format: [IWEF]mmdd hh:mm:ss.uuuuuu threadid file:line] msg"
    found = [HEAD.fullmatch(line) for line in lines[3:]]
    assert all(found) and {match[1] for match in found} == {"I"}
    texts = [match[3] for match in found]
    # What stderr shows is there too, once; Caffe's parsers find the time of each line.
    progress = [HEAD.fullmatch(line)[3] for line in shown if HEAD.fullmatch(line)]
    assert [text for text in progress if text not in texts] == []
    assert texts.count("Optimization Done.") == texts.count("Starting Optimization") == 1
    assert all(datetime.strptime(f"2024{match[2]}", "%Y%m%d %H:%M:%S.%f") for match in found)


def test_the_parsers_of_caffe_read_the_file(train, folder):
    train("-log_dir=logs", "-noalsologtostderr")
    iteration, rows, rates, losses = -1, {"train": [], "test": []}, [], []
    for line in log(folder):
        if match := ITERATION.search(line):
            iteration = int(match[1])
        if iteration < 0:
            continue
        rates += [float(match[1]) for match in [RATE.search(line)] if match]
        losses += [int(match[1]) for match in [LOSS.search(line)] if match]
        for kind, expression in (("train", TRAIN_OUTPUT), ("test", TEST_OUTPUT)):
            if match := expression.search(line):
                rows[kind].append((iteration, match[2], float(match[3])))
    assert [row[:2] for row in rows["train"]] == [(0, "loss"), (2, "loss")]
    assert [row[:2] for row in rows["test"]] == [(0, "loss"), (2, "loss"), (4, "loss")]
    assert rates == [0.01, 0.01] and losses == [0, 2, 4]


def test_the_lines_of_the_net(train, folder):
    shown = train("-log_dir=logs")
    texts = [HEAD.fullmatch(line)[3] for line in log(folder)[3:]]
    start = texts.index("Creating Layer data")
    assert texts[start - 1] == "Creating training net from net file: small.prototxt"
    at = texts.index("Creating test net (#0) specified by net file: small.prototxt")
    assert texts[at - 1] == "Network initialization done." and texts[at + 1] == texts[start]
    end = texts.index("Solver scaffolding done.")
    assert texts[end + 1] == "Starting Optimization"
    assert texts[start : start + 15] == [
        "Creating Layer data", "data -> x", "data -> t", "Setting up data",
        "Top shape: 4 3 (12)", "Top shape: 4 1 (4)", "Memory required for data: 64",
        "Creating Layer ip", "ip <- x", "ip -> y", "Setting up ip", "Top shape: 4 1 (4)",
        "Memory required for data: 80",
        "Creating Layer act", "act <- y",
    ]  # fmt: skip
    at = texts.index("act -> y (in-place)")
    # Tops in place count again, as in Caffe.
    assert texts[at + 1 : at + 4] == [
        "Setting up act",
        "Top shape: 4 1 (4)",
        "Memory required for data: 96",
    ]
    at = texts.index("    with loss weight 1")
    assert texts[at - 1 : at + 2] == [
        "Top shape: (1)",
        "    with loss weight 1",
        "Memory required for data: 100",
    ]
    assert texts[at + 2 : at + 8] == [
        "loss needs backward computation.", "act needs backward computation.",
        "ip needs backward computation.", "data does not need backward computation.",
        "This network produces output loss", "Network initialization done.",
    ]  # fmt: skip
    assert sum(line.endswith("Memory required for data: 100") for line in shown) == 1


def test_only_warnings(train, folder):
    bare = train("-minloglevel=1", "-log_dir=logs")
    assert bare == [] and not any((folder / "logs").iterdir())
    (folder / "sgd.prototxt").write_text(SOLVER + "solver_type: SGD gamma: 0.5")
    lines = train("-minloglevel=1", "-log_dir=logs")
    assert lines[0].startswith("warning: ") and "gamma has no effect" in lines[0]
    assert len(log(folder)) == len(log(folder, "WARNING")) == 3 + len(lines)
    assert HEAD.fullmatch(log(folder)[3])[1] == "W"


def test_errors_are_always_told(train, folder, mycaffe):
    (line, *_) = train("-minloglevel=3", "-log_dir=logs", "--set", "solver.base_lr=x", code=2)
    assert line.startswith("error[E")
    for severity in ("INFO", "WARNING", "ERROR", "FATAL"):
        assert HEAD.fullmatch(log(folder, severity)[3]).group(1, 3) == ("F", line)


def test_the_environment(train, folder, monkeypatch):
    monkeypatch.setenv("GLOG_log_dir", "logs")
    monkeypatch.setenv("GLOG_alsologtostderr", "0")
    assert train() == []
    assert any("Optimization Done." in line for line in log(folder))


def test_logtostderr_means_no_files_and_lines_on_a_terminal(train, folder, monkeypatch):
    monkeypatch.setattr("mycaffe_py.cli.views.is_live_terminal", lambda: True)
    lines = train("-logtostderr", "-log_dir=logs")
    assert any(line.endswith("Optimization Done.") for line in lines)
    assert not any((folder / "logs").iterdir())


def test_without_prefix(train, folder):
    assert "Optimization Done." in train("-log_prefix=false", "-log_dir=logs")
    assert "Optimization Done." in log(folder)


def test_a_quiet_run_and_a_tested_net_are_logged(train, folder, mycaffe):
    assert train("-q", "-log_dir=logs", "--run-dir", "run") == []
    assert any("Optimization Done." in line for line in log(folder))
    for path in (folder / "logs").iterdir():
        path.unlink()
    result = mycaffe("test", "-model", "small.prototxt", "-weights", "run", "-iterations", "1",
                     "--device", "cpu", "-log_dir=logs")  # fmt: skip
    assert result.exit_code == 0 and "Memory required for data: 100" in result.stderr
    texts = [HEAD.fullmatch(line)[3] for line in log(folder)[3:]]
    for text in (
        "Creating Layer ip",
        "Running for 1 iterations.",
        "mean over 1 pass with frozen weights",
    ):
        assert texts.count(text) == 1, text


def test_other_tools(mycaffe, folder):
    result = mycaffe("upgrade_net_proto_text", "small.prototxt", "new.prototxt", "-log_dir=logs")
    assert result.exit_code == 0, result.stderr
    assert len(log(folder)) > 3
    assert mycaffe("time", "-model", "small.prototxt", "-iterations", "1", "--device", "cpu",
                   "-logtostderr").exit_code == 0  # fmt: skip


def test_a_folder_that_does_not_exist(train, folder):
    lines = train("-log_dir=nowhere")
    (warning,) = [line for line in lines if line.startswith("warning: ")]
    assert warning == (
        "warning: the log cannot be written to nowhere: No such file or directory; "
        "the folder must exist: it is not made; it goes on without"
    )
    assert lines[-1].startswith("wrote ") or any("Optimization Done." in line for line in lines)


# The files themselves.


@pytest.fixture
def told():
    return []


@pytest.mark.posix
def test_what_is_not_ours_stays(tmp_path, told):
    (tmp_path / "mycaffe.INFO").write_text("mine")
    (tmp_path / "other.txt").write_text("yours")
    (tmp_path / "mycaffe.WARNING").symlink_to("other.txt")
    files = LogFiles(str(tmp_path), "mycaffe", told.append)
    files.write(WARNING, "one")
    files.close()
    assert (tmp_path / "mycaffe.INFO").read_text() == "mine"
    assert os.readlink(tmp_path / "mycaffe.WARNING") == "other.txt" and told == []
    assert (tmp_path / "other.txt").read_text() == "yours"


@pytest.mark.posix
def test_a_link_of_ours_leads_to_the_newest(tmp_path, told):
    (tmp_path / "mycaffe.INFO").symlink_to("mycaffe.host.ann.log.INFO.20200101-000000.1")
    other = tmp_path / "links"
    other.mkdir()
    files = LogFiles(str(tmp_path), "mycaffe", told.append, link=str(other))
    files.write(INFO, "one")
    files.close()
    assert (tmp_path / "mycaffe.INFO").read_text().endswith("one\n")
    assert os.path.isabs(os.readlink(other / "mycaffe.INFO")) and told == []
    assert (other / "mycaffe.INFO").read_text().endswith("one\n")


@pytest.mark.posix
def test_a_file_or_a_link_of_that_name_is_not_written_to(tmp_path, told, monkeypatch):
    first = LogFiles(str(tmp_path), "mycaffe", told.append)
    first.write(INFO, "one")
    (name,) = [path.name for path in tmp_path.glob("*.log.INFO.*")]
    second = LogFiles(str(tmp_path), "mycaffe", told.append)
    second._started = first._started
    second.write(INFO, "two")
    second.write(INFO, "three")
    first.close(), second.close()
    assert len(told) == 1 and "File exists" in told[0]
    assert (tmp_path / name).read_text().endswith("one\n")


@pytest.mark.parametrize("user", ["../../etc/x", "a b\n", "/", "ü" * 300, ""])
def test_hostile_names(tmp_path, told, monkeypatch, user):
    monkeypatch.setenv("USER", user)
    monkeypatch.delenv("USERNAME", raising=False)
    (tmp_path / "logs").mkdir()
    files = LogFiles(str(tmp_path / "logs"), "../evil", told.append)
    files.write(INFO, "one")
    files.close()
    assert told == [] and sorted(path.name for path in tmp_path.iterdir()) == ["logs"]
    (path,) = (tmp_path / "logs").glob("*.log.INFO.*")
    assert re.fullmatch(r"[\w.@-]+", path.name) and len(path.name) < 250


def test_a_full_disk_is_told_once_and_the_work_goes_on(tmp_path, told):
    files = LogFiles(str(tmp_path), "mycaffe", told.append)
    files.write(INFO, "one")

    class Full:
        def write(self, text):
            raise OSError(28, "No space left on device")

        def close(self):
            raise OSError(28, "No space left on device")

    files._files[INFO].close()
    files._files[INFO] = Full()
    for _ in range(3):
        files.write(FATAL, "two")
    files.close()
    assert len(told) == 1 and "No space left on device; it goes on without" in told[0]
