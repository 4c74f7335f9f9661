"""The pictures of docs/gallery.md: curves, a series, the XOR task, plugins."""

from __future__ import annotations

import importlib.util
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.patches import Rectangle
from PIL import Image

from mycaffe_py import TEST, Net, get_solver
from mycaffe_py.drawing import style
from mycaffe_py.plugins import load_registry
from mycaffe_py.schema import load_net_text

from .curves import columns, draw_followed, live_rows
from .saving import new_figure, save, shrink
from .training import EXAMPLES, ROOT, mycaffe, run_of, tutorial

GATE = """
force_backward: true
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 161 } } }
layer { name: "gate" type: "Gate" bottom: "x" top: "y" }
"""


def follow(folder: Path) -> None:
    """The tutorial's net at its last updates."""
    i, x, target, prediction = live_rows(tutorial())
    figure = new_figure(7.2, 2.6)
    part = i > 3500
    draw_followed(figure.subplots(), x[part], target[part], prediction[part])
    figure.axes[0].legend(loc="lower left", fontsize="small")
    save(figure, folder / "follow.png")


def know(folder: Path) -> None:
    """A net that knows the sine, with frozen weights, over a period."""
    run = run_of("CurveFollow", "--solver", "curve_follow.prototxt")
    solver = get_solver("curve_follow.prototxt", seed=2)
    solver.net.copy_from(run / "last.caffemodel")
    rows = []
    for _ in range(360):
        solver.trainer.prepare()
        solver.net.forward()
        solver.trainer.collect()
        sample = solver.trainer.sample()
        rows.append((sample["x"], sample["target"][0], sample["prediction"][0]))
    figure = new_figure(7.2, 2.6)
    draw_followed(figure.subplots(), *np.array(rows).T, "frozen weights")
    figure.axes[0].legend(loc="lower left", fontsize="small")
    save(figure, folder / "know.png")


def gan(folder: Path) -> None:
    """The points of examples/gan in the course of the training."""
    spec: Any = importlib.util.spec_from_file_location("gan", EXAMPLES / "gan" / "gan.py")
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    trained = example.Gan()
    kept = example.train(trained, 4000, 1000)
    save(example.picture(kept, example.real_points(trained.rng, 1000)), folder / "gan.png")


FORECASTS = {"liquid net": "", "LSTM": "ForecastLstm", "linear map": "ForecastLinear"}


def forecast(folder: Path) -> None:
    """Forecasts of a whole period by three nets, each from its own predictions."""
    figure = new_figure(7.2, 2.8)
    axes = figure.subplots()
    for number, (label, model) in enumerate(FORECASTS.items()):
        name = model or "CurveForecast"
        words = ("--model", f"{model}.prototxt") if model else ()
        files = (f"curve/{model}.prototxt",) if model else ()
        run = run_of(name, "--solver", "curve_forecast.prototxt", *words, files=files)
        table = Path(f"{name}.csv")
        mycaffe(
            "predict",
            "--weights",
            str(run / "last.caffemodel"),
            "--steps",
            "360",
            "--seed",
            "1",
            "--out",
            str(table),
        )
        found = columns(table)
        x = np.array(found["x (radians)"], float)
        if not number:
            axes.plot(
                x,
                np.array(found["y_true"], float),
                color=style.SKY,
                linewidth=5,
                alpha=0.7,
                label="the curve",
            )
        axes.plot(
            x,
            np.array(found["y"], float),
            color=style.COLOURS[(1, 2, 3)[number]],
            linewidth=1.4,
            label=label,
        )
    axes.set_ylim(-1.4, 1.4)  # the linear map leaves it
    axes.set_xlabel("x (radians), all of it ahead of the last known point")
    style.plain(axes)
    style.legend_beside(axes)
    save(figure, folder / "forecast.png")


def co2(folder: Path) -> None:
    """A forecast of two years of weekly measurements."""
    run = run_of("co2", "--solver", "co2.prototxt", files=("series/co2.csv", "series/co2.prototxt"))
    mycaffe(
        "predict", "--weights", str(run / "last.caffemodel"), "--steps", "104", "--seed", "1", "--from", "19991225",
        "--out", "co2_ahead.csv",
    )  # fmt: skip
    found, known = columns(Path("co2_ahead.csv")), columns(Path("co2.csv"))
    figure = new_figure(7.2, 2.8)
    axes = figure.subplots()

    def dates(values: list[str]) -> Any:
        return [datetime.strptime(value, "%Y%m%d") for value in values]

    def numbers(values: list[str]) -> Any:
        return np.array([float(value) if value else np.nan for value in values])

    days = dates(known["date"])
    recent = [day.year >= 1996 for day in days]
    measured = numbers(known["co2"])
    axes.plot(
        np.array(days)[recent],
        measured[recent],
        color=style.SKY,
        linewidth=4,
        alpha=0.8,
        label="measured",
    )
    axes.fill_between(
        dates(found["date"]),
        numbers(found["co2_lower"]),
        numbers(found["co2_upper"]),
        color=style.AHEAD,
        alpha=0.2,
        linewidth=0,
        label="80 % interval",
    )
    axes.plot(
        dates(found["date"]),
        numbers(found["co2"]),
        color=style.AHEAD,
        linewidth=1.5,
        label="forecast",
    )
    axes.set_ylabel("CO2, ppm")
    style.plain(axes)
    axes.legend(fontsize="small")
    save(figure, folder / "co2.png")


def xor(folder: Path) -> None:
    """The accuracies of the XOR task, as measured by benchmarks/xor.py, beside the published ones."""
    record = json.loads((ROOT / "benchmarks" / "results" / "xor.json").read_text(encoding="utf-8"))
    rows = next(
        value for value in record.values() if isinstance(value, list) and "published" in value[0]
    )
    figure = new_figure(7.2, 3.0)
    axes = figure.subplots()
    for number, row in enumerate(reversed(rows)):
        axes.barh(
            number,
            float(row["accuracy %"]),
            height=0.6,
            color=style.SKY,
            label="here" if not number else "",
        )
        published = row["published"].split()[0]
        if published != "none":
            label = "published" if number == 1 else ""
            axes.plot([float(published)], [number], "d", color=style.VERMILION, label=label)
    axes.set_yticks(range(len(rows)), [row["net"] for row in reversed(rows)])
    axes.set_xlim(40, 101)
    axes.set_xlabel("accuracy on 10,000 streams, % (guessing: 50)")
    style.plain(axes)
    style.legend_beside(axes)
    save(figure, folder / "xor.png")


def gate(folder: Path) -> None:
    """The layer of examples/plugins/gate.py and its derivative."""
    registry = load_registry([str(EXAMPLES / "plugins" / "gate.py")])
    net = Net(load_net_text(registry.schema, GATE), phase=TEST, registry=registry)
    x = np.linspace(-6, 4, 161, dtype=np.float32)
    y = np.array(net.forward(x=x)["y"])
    net.blobs["y"].diff[...] = 1
    net.backward()
    figure = new_figure(7.2, 2.6)
    axes = figure.subplots()
    axes.plot(x, y, color=style.BLUE, label="y = x sigmoid(x)")
    axes.plot(x, net.blobs["x"].diff, color=style.VERMILION, label="dy / dx")
    style.plain(axes)
    axes.legend(fontsize="small")
    save(figure, folder / "gate.png")


def square(folder: Path) -> None:
    """The gym of examples/plugins/square_gym.py, followed by the tutorial's net."""
    plugin = str(EXAMPLES / "plugins" / "square_gym.py")
    run = tutorial("square", "--plugin", plugin, "--set", "solver.trainer.gym.type=Square")
    i, x, target, prediction = live_rows(run)
    figure = new_figure(7.2, 2.6)
    part = i > 3840
    draw_followed(figure.subplots(), x[part], target[part], prediction[part])
    style.legend_above(figure.axes[0])
    save(figure, folder / "square.png")


def explained(folder: Path) -> None:
    """What ``mycaffe explain`` draws of the net that knows the sine."""
    run = run_of("CurveFollow", "--solver", "curve_follow.prototxt")
    mycaffe("explain", "--weights", str(run), "--out", ".")
    for name in ("states", "time_constants"):
        image = Image.open(f"cfc1_{name}.png")
        shrink(
            image.resize((720, round(720 * image.height / image.width)), Image.Resampling.LANCZOS),
            folder / f"{name}.png",
        )


def cifar(folder: Path) -> None:
    """The sizes of the blobs of the net for colour images, from the image to ten scores."""
    net = Net("Cifar10Quick.prototxt", phase=TEST, stages=["deploy"])
    shapes = {name: blob.data.shape[1:] for name, blob in net.blobs.items()}
    figure = new_figure(7.2, 2.4)
    axes = figure.subplots()
    place = 0.0
    for name, shape in shapes.items():
        channels, side = shape[0], shape[1] if len(shape) > 1 else 1
        width = 1.5 + channels / 12
        axes.add_patch(
            Rectangle((place, -side / 2), width, side, facecolor=style.SKY, edgecolor=style.BLUE)
        )
        size = "x".join(map(str, shape))
        axes.text(
            place + width / 2, -side / 2 - 2, f"{name}\n{size}", ha="center", va="top", fontsize=7
        )
        place += width + 13
    axes.set_xlim(-4, place)
    axes.set_ylim(-28, 18)
    axes.axis("off")
    save(figure, folder / "cifar10_quick.png")


PICTURES = (follow, know, forecast, co2, xor, gan, gate, square, explained, cifar)
