from __future__ import annotations

import json
import os
import re
import resource
import signal

import pytest

from mycaffe_py.compiled import why_not

from .conftest import SMALL


def record_of(folder):
    return json.loads((folder / "run.json").read_text())


def test_a_run_prints_its_start_its_progress_its_end_and_its_folder(train, runs, painted):
    result = train("--iterations", 30, "--seed", 3, "--set", "solver.display=10")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "runs/LiquidNetCfc/001\n"
    lines = result.stderr.splitlines()
    kernels = ", compiled kernels" if why_not() is None else ""
    start = rf"mycaffe \S+  device cpu{kernels}  seed 3  run runs/LiquidNetCfc/001"
    assert re.fullmatch(start, lines[0])
    assert re.fullmatch(
        r"net LiquidNetCfc: 3 layers, [\d,]+ parameters  "
        r"x\(1,82,1\) tt\(1,82,1\) mask\(1,82,1\) target\(1,1\) -> loss",
        lines[1],
    )
    assert lines[2].startswith("trainer RNN.SUPER_SIMPLE")
    assert lines[3].startswith("gym Curve")
    assert lines[4].startswith("solver AdamW: 30 updates  base_lr 0.01  lr_policy fixed")
    lines = [line.split("mycaffe] ")[-1] for line in lines]  # without the time
    for iteration in (0, 10, 20):
        assert any(line.startswith(f"Iteration {iteration}") for line in lines)
    assert any(
        re.match(r"    accuracy = \S+ \(baseline \S+\), mean abs error = ", line) for line in lines
    )
    assert any(
        re.match(r"    Train net output #0: loss = \S+ \(\* 1 = \S+ loss\)", line) for line in lines
    )
    assert any(re.match(r"done: 30 updates in \S+ s \(\S+ it/s\)", line) for line in lines)
    assert lines[-1].startswith("wrote ") and "curve.png" in lines[-1]
    assert record_of(runs / "001")["status"] == "done"


def test_caffes_log_tools_can_read_the_progress(train):
    log = train("--iterations", 20, "--set", "solver.display=10").stderr
    assert re.findall(r"Iteration (\d+)", log)[:2] == ["0", "0"]
    assert re.search(r"Train net output #(\d+): (\S+) = ([\d.e-]+)", log)
    assert re.search(r"lr = ([\d.e-]+)", log)


def test_quiet_prints_the_folder_only(train):
    result = train("--iterations", 2, "-q")
    assert result.stderr == "" and result.stdout == "runs/LiquidNetCfc/001\n"


def test_verbose_describes_the_layers(train):
    assert "cfc1 (CFC): x tt mask -> xhat(1,1)" in train("--iterations", 1, "-v").stderr


def test_single_dashes_and_underscores_as_in_caffe(mycaffe, runs):
    arguments = [part.replace("--s", "-s").replace("--m", "-m") for part in SMALL]
    result = mycaffe("train", *arguments, "-iterations=2", "--run_dir", "mine", "-device", "cpu")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "mine\n" and not runs.exists()


def test_runs_get_numbers_of_their_own(train):
    assert [train("--iterations", 1, "-q").stdout for _ in range(3)] == [
        f"runs/LiquidNetCfc/00{number}\n" for number in (1, 2, 3)
    ]


def test_an_occupied_run_folder_is_refused(train, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("precious")
    result = train("--iterations", 1, "--run-dir", "mine")
    assert result.exit_code == 2 and "never overwritten" in result.stderr
    assert os.listdir(tmp_path / "mine") == ["file"]


def test_the_seed_is_the_one_given_or_the_solvers_or_drawn_and_printed(train, runs):
    assert " seed 5 " in train("--iterations", 1, "--seed", 5).stderr
    assert " seed 8 " in train("--iterations", 1, "--set", "solver.random_seed=8").stderr
    drawn = re.search(r" seed (\d+) ", train("--iterations", 1).stderr)[1]
    assert record_of(runs / "003")["seed"] == int(drawn)


def test_the_same_seed_gives_the_same_figures(train, runs):
    train("--iterations", 20, "--seed", 5, "-q")
    train("--iterations", 20, "--seed", 5, "-q")
    first, second = ((runs / number / "metrics.csv").read_bytes() for number in ("001", "002"))
    assert first == second


def test_print_config_prints_the_resolved_files_and_runs_nothing(train, runs):
    result = train("--print-config", "--set", "solver.base_lr=0.5")
    assert result.exit_code == 0 and not runs.exists()
    assert "hidden_size: 4" in result.stdout and "base_lr: 0.5" in result.stdout
    assert result.stdout.startswith("# model: ")


def test_auto_falls_back_to_the_cpu_and_says_why(mycaffe, monkeypatch):
    from mycaffe_py.device import device
    from mycaffe_py.errors import DeviceError

    def none():
        raise DeviceError("no GPU: cupy is not installed")

    monkeypatch.setattr(device, "import_cupy", none)
    result = mycaffe("train", *SMALL, "--iterations", 1)
    assert "device cpu (no GPU: cupy is not installed)" in result.stderr
    for arguments in (["--device", "gpu"], ["--gpu", "0"], ["-gpu", "0"]):
        result = mycaffe("train", *SMALL, *arguments)
        assert result.exit_code == 4 and "no GPU: cupy is not installed" in result.stderr


def test_a_solver_file_may_ask_for_the_cpu(mycaffe, tmp_path):
    solver = tmp_path / "s.prototxt"
    solver.write_text('type: "SGD" base_lr: 0.1 lr_policy: "fixed" max_iter: 1 solver_mode: CPU')
    model = tmp_path / "m.prototxt"
    model.write_text(
        'layer { name: "d" type: "Input" top: "a" top: "b" input_param { shape { dim: 1 dim: 2 } } }'
        'layer { name: "f" type: "InnerProduct" bottom: "a" top: "y"'
        " inner_product_param { num_output: 2 } }"
        'layer { name: "l" type: "EuclideanLoss" bottom: "y" bottom: "b" top: "loss" }'
    )
    result = mycaffe("train", "--solver", solver, "--model", model)
    assert result.exit_code == 0, result.stderr
    assert "device cpu (solver_mode: CPU)" in result.stderr
    assert "warning: nothing fills the inputs a, b" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (
            ["--set", "cfc1.cfc_param.hiden_size=4"],
            2,
            ["did you mean --set cfc1.cfc_param.hidden_size=4?"],
        ),
        (["--set", "solver.base_lr=quick"], 2, ["base_lr", "quick"]),
        (["--set", "nonsense"], 2, ["expected KEY=VALUE"]),
        (["--model", "LiquidNetCfk.prototxt"], 3, ['did you mean "LiquidNetCfc.prototxt"?']),
        (["--weights", "a.caffemodel", "--resume", "auto"], 2, ["exclude each other"]),
        (["--weights", "a.caffemodel", "--snapshot", "b.solverstate"], 2, ["--snapshot exclude"]),
        (["--snapshot", "b.solverstate", "--resume", "auto"], 2, ["give one of them"]),
        (["--weights", "gone.caffemodel"], 3, ["gone.caffemodel"]),
        (["--resume", "gone.solverstate"], 3, ["gone.solverstate does not exist"]),
        (["--resume", "auto"], 3, ["nothing to resume"]),
        (["--device", "tpu"], 2, ["auto, cpu, gpu"]),
        (["--gpu", "all"], 2, ["number of one GPU"]),
        (["--plugin", "gone.py"], 3, ["gone.py"]),
        (["--set", "solver.trainer.gym.type=Curv"], 2, ['did you mean "Curve"?']),
    ],
)
def test_mistakes_are_explained_and_leave_no_run_folder(train, runs, arguments, code, words):
    result = train("--iterations", 1, *arguments)
    assert result.exit_code == code, result.stderr
    assert result.stderr.startswith("error[E") and "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr
    assert not runs.exists() and result.stdout == ""


def test_divergence_exits_with_5_and_names_the_blob(train, runs):
    result = train(
        "--iterations", 2000, "--set", "solver.base_lr=1e30", "--set", "solver.type=SGD",
        "--set", "solver.momentum=0",
    )  # fmt: skip
    assert result.exit_code == 5, result.stderr
    assert "error[E500]: iteration " in result.stderr and "blob" in result.stderr
    assert record_of(runs / "001")["status"] == "diverged"
    assert "run folder: runs/LiquidNetCfc/001" in result.stderr


def test_resume_auto_goes_on_as_if_never_stopped(train, runs, kernels):
    train("--iterations", 30, "--seed", 4, "-q")
    train("--iterations", 12, "--seed", 4, "-q")
    result = train("--iterations", 30, "--resume", "auto")
    assert result.exit_code == 0, result.stderr
    assert "resumed from runs/LiquidNetCfc/002/" in result.stderr
    assert (
        "iteration 12, weights, history, random state, trainer state with its gyms" in result.stderr
    )
    assert record_of(runs / "003")["resumed_from"].startswith("runs/LiquidNetCfc/002/")
    assert record_of(runs / "003")["kernels"] == kernels and "kernels," not in result.stderr
    whole, resumed = (
        (runs / number / "metrics.csv").read_text().splitlines() for number in ("001", "003")
    )
    assert whole[13:] == resumed[1:]
    last = [(runs / number / "last.caffemodel").read_bytes() for number in ("001", "003")]
    assert last[0] == last[1]


def test_a_run_resumed_without_its_kernels_says_so(train, runs, compiled, monkeypatch):
    first = train("--iterations", 12, "--seed", 4)
    assert ", compiled kernels  seed 4" in first.stderr.partition("\n")[0]
    train("--iterations", 30, "--seed", 4, "-q")
    monkeypatch.setenv("MYCAFFE_FAST", "0")
    result = train("--iterations", 30, "--resume", runs / "001")
    assert "used compiled kernels, this one uses none" in result.stderr
    assert ", compiled kernels" not in result.stderr
    whole, resumed = (
        [line.split(",") for line in (runs / number / "metrics.csv").read_text().splitlines()]
        for number in ("002", "003")
    )
    assert len(resumed) == 19 and whole[0] == resumed[0]
    loss = whole[0].index("loss")
    for ours, theirs in zip(whole[13:], resumed[1:], strict=True):
        assert float(ours[loss]) == pytest.approx(float(theirs[loss]), rel=1e-3)


@pytest.mark.parametrize(
    "spec", ["auto", pytest.param("runs/LiquidNetCfc/001", marks=pytest.mark.slow)]
)
def test_the_best_goes_on_where_snapshots_are_sent_elsewhere(train, runs, spec):
    prefix = ("--set", 'solver.snapshot_prefix="snaps/mine"', "--set", "solver.snapshot=100")
    train("--iterations", 100, "-q", *prefix)
    assert not (runs / "001" / "mine_iter_100.solverstate").exists()
    file = runs / "001" / "best.json"
    fields = json.loads(file.read_text())
    fields["chosen"][0] = -1.0  # better than anything that may come
    file.write_text(json.dumps(fields))
    result = train("--iterations", 109, "-q", "--resume", spec, *prefix)
    assert result.exit_code == 0, result.stderr
    assert record_of(runs / "002")["best"]["value"] == -1.0


@pytest.mark.parametrize("flag", ["--resume", "--snapshot", "-snapshot"])
@pytest.mark.parametrize("what", ["", "last.solverstate", "last.caffemodel"])
def test_resume_takes_a_folder_or_either_file(train, runs, flag, what):
    train("--iterations", 3, "-q")
    result = train("--iterations", 5, flag, f"runs/LiquidNetCfc/001/{what}")
    assert result.exit_code == 0, result.stderr
    assert "iteration 3," in result.stderr


def test_weights_alone_are_explained_where_a_state_is_expected(train):
    train("--iterations", 20, "-q")
    result = train("--resume", "runs/LiquidNetCfc/001/best.caffemodel")
    assert result.exit_code == 2
    assert "contains only weights" in result.stderr and "--weights" in result.stderr


def test_weights_start_a_new_run(train, runs):
    train("--iterations", 5, "-q")
    result = train("--iterations", 2, "--weights", "runs/LiquidNetCfc/001/last.caffemodel")
    assert result.exit_code == 0, result.stderr
    assert record_of(runs / "002")["iteration"] == 2


def test_a_finished_run_is_not_resumed_for_nothing(train, runs):
    train("--iterations", 3, "-q")
    result = train("--iterations", 3, "--resume", "auto")
    assert result.exit_code == 2
    assert "nothing left to train: iteration 3 of 3 has already been reached" in result.stderr
    assert not (runs / "002").exists()


def test_a_seed_has_no_effect_on_a_resumed_run(train, runs):
    train("--iterations", 3, "--seed", 1, "-q")
    result = train("--iterations", 5, "--resume", "auto", "--seed", 2)
    assert "warning: --seed 2 has no effect: the resumed run continues with 1" in result.stderr
    assert record_of(runs / "002")["seed"] == 1


def test_no_updates_at_all_still_leave_the_weights(train, runs):
    result = train("--iterations", 0)
    assert result.exit_code == 0, result.stderr
    assert (runs / "001" / "last.caffemodel").is_file()


def test_another_gym_by_one_setting(train):
    result = train("--iterations", 2, "--set", "solver.trainer.gym.curve_param.curve=COS")
    assert result.exit_code == 0 and "COS" in result.stderr


def test_float64(train, runs):
    assert train("--iterations", 2, "--dtype", "float64", "-q").exit_code == 0
    assert record_of(runs / "001")["dtype"] == "float64"


def interrupt(process, *signals):
    for line in process.stderr:
        if "] Iteration 20," in line or "] Iteration 20 " in line:
            break
    for number in signals:
        process.send_signal(number)
    return process.communicate(timeout=60)


LONG = ("train", *SMALL, "--device", "cpu", "--iterations", "1000000", "--set", "solver.display=20")


@pytest.mark.posix
@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_ctrl_c_snapshots_and_exits_with_130(start, runs, number):
    process = start(*LONG, "--seed", "1")
    out, err = interrupt(process, number)
    assert process.returncode == 130, err
    assert "stopping after this step" in err and "--resume runs/LiquidNetCfc/001" in err
    assert out == "runs/LiquidNetCfc/001\n"
    record = record_of(runs / "001")
    assert record["status"] == "interrupted"
    assert re.search(rf"snapshot of iteration {record['iteration']:,}: \S+\.solverstate", err)
    assert (runs / "001" / "last.solverstate").is_file()


@pytest.mark.posix
@pytest.mark.slow
def test_sighup_may_be_told_to_stop(start, runs):
    process = start(*LONG, "--sighup_effect", "stop")
    interrupt(process, signal.SIGHUP)
    assert process.returncode == 130


@pytest.mark.posix
def test_a_full_disk_is_one_clear_error(start, runs):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    # Bytecode that Python writes under such a limit is cut, and taken for whole from then on.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    process = start(*LONG, preexec_fn=limit, env=environment)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2, err
    assert "error[E250]: cannot write runs/LiquidNetCfc/001/metrics." in err
    assert "Traceback" not in err
    assert record_of(runs / "001")["status"] == "failed"
    assert not [path for path in (runs / "001").iterdir() if "tmp" in path.name]


def test_a_place_for_runs_that_is_a_file(train, tmp_path):
    (tmp_path / "runs").write_text("mine")
    result = train("--iterations", 1)
    assert result.exit_code == 2 and "cannot create the run folder" in result.stderr


def test_resume_auto_says_what_it_needs(mycaffe):
    result = mycaffe("train", "--resume", "auto")
    assert result.exit_code == 2 and "--resume auto needs --solver" in result.stderr
    assert "--resume runs/NAME/001" in result.stderr
