"""The generative adversarial net of examples/gan: two solvers, whose updates are made by a loop of its own."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from mycaffe_py.cli.app import app
from mycaffe_py.device import device as devices, one_thread

FOLDER = Path(__file__).parents[1] / "examples" / "gan"
NETS = ("generator", "discriminator")


@pytest.fixture(autouse=True)
def _defaults_as_they_were(monkeypatch):
    monkeypatch.setattr(devices, "_default", devices.Device())
    monkeypatch.setattr(devices, "_chosen_seed", None)


@pytest.fixture
def example(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # which the example sets
    spec = importlib.util.spec_from_file_location("gan_example", FOLDER / "gan.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with one_thread():
        yield module


def test_what_counts_as_good(example):
    rng = np.random.default_rng(1)
    share, spots = example.quality(example.real_points(rng, 2000))
    assert share > 0.97 and spots == 8
    assert example.quality(example.CENTRES[:1].repeat(10, axis=0)) == (1.0, 1)
    assert example.quality(np.zeros((10, 2))) == (0.0, 0)


def test_each_learns_against_the_other(example):
    gan = example.Gan()
    losses = [gan.update_discriminator() for _ in range(40)]
    assert losses[-1] < 0.8 * losses[0]  # which tells the points of an untrained generator
    losses = [gan.update_generator() for _ in range(40)]
    assert losses[-1] < 0.8 * losses[0]  # whose points then pass for real ones
    assert (gan.discriminator.iter, gan.generator.iter) == (40, 40)


def test_updates_are_counted(example, tmp_path, capsys):
    gan = example.Gan()
    kept = example.train(gan, 60, 30)
    assert [update for update, _ in kept] == [30, 60]
    for solver, name in ((gan.generator, "generator"), (gan.discriminator, "discriminator")):
        assert solver.iter == 60
        assert solver.last_lr == pytest.approx(0.002 * (1 - 59 / 4000))
        solver.snapshot()
        assert (tmp_path / f"{name}_iter_60.caffemodel").exists()
    assert capsys.readouterr().out.count("of the points on") == 2
    np.testing.assert_array_equal(example.train(example.Gan(), 30, 30)[0][1], kept[0][1])


@pytest.mark.slow
def test_the_whole_example(example, monkeypatch, capsys, painted):
    monkeypatch.setattr("sys.argv", ["gan.py"])
    example.main()
    last = capsys.readouterr().out.splitlines()[-2]
    share = int(last.split(";")[1].split("%")[0])
    assert share >= 75 and "8 of 8 spots" in last
    assert Path("gan.png").stat().st_size > 10_000


@pytest.mark.parametrize("name", NETS)
def test_the_commands_take_its_files(name, tmp_path):
    net, solver = (str(FOLDER / f"{name}{end}.prototxt") for end in ("", "_solver"))
    picture = tmp_path / "net.svg"
    for command in (
        ["check", net, solver],
        ["draw", net, str(picture)],
        ["time", "--model", net, "--iterations", "2", "--device", "cpu"],
    ):
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, result.output
    assert "128 x 2" in picture.read_text(encoding="utf-8")
