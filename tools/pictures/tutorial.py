"""The pictures of docs/tutorial.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mycaffe_py import get_solver
from mycaffe_py.drawing import style

from .curves import columns, draw_followed, live_rows
from .saving import new_figure, save, shrink
from .training import mycaffe, tutorial

UPDATES = 200
STRETCHES = ((1, 60), (300, 660), (1500, 1860), (3640, 4000))


def net(folder: Path) -> None:
    """Draw the net, as ``mycaffe draw`` does."""
    mycaffe("draw", "LiquidNetCfc.prototxt", str(folder / "net.svg"))


def blobs(folder: Path) -> None:
    """Draw what the input blobs hold before one update: the last 82 points of the curve."""
    solver = get_solver("adamw.prototxt", model="LiquidNetCfc.prototxt", seed=1)
    solver.step(UPDATES)
    held = {name: np.array(solver.net.blobs[name].data).ravel() for name in ("x", "tt", "mask")}
    target = float(solver.net.blobs["target"].data[0, 0])
    prediction = float(solver.net.blobs["xhat"].data[0, 0])
    x = held["x"]
    figure = new_figure(7.2, 4.6)
    above, below = figure.subplots(2, 1, height_ratios=(3, 2))
    far = np.linspace(max(0.0, x[0] - 2.5), x[-1] + 1.2, 400)
    above.plot(far, np.sin(far), color=style.GREY, linewidth=1, label="the curve")
    above.axvspan(x[0], x[-1], color=style.SKY, alpha=0.15)
    above.plot(
        x, np.sin(x), ".", color=style.BLUE, markersize=4, label="the 82 points in the window"
    )
    above.plot(
        [x[-1]], [target], "o", color=style.GREEN, markersize=9, label=f"target {target:.3f}"
    )
    above.plot(
        [x[-1]],
        [prediction],
        "x",
        color=style.VERMILION,
        markersize=9,
        label=f"xhat {prediction:.3f}",
    )
    above.set_xlabel("x (radians)")
    style.plain(above)
    style.legend_beside(above)
    style.titled(above, f"Update {UPDATES}: one window of the curve")
    step = np.arange(len(x))
    for name, factor, colour in (
        ("x", 1, style.BLUE),
        ("tt", 100, style.PURPLE),
        ("mask", 1, style.ORANGE),
    ):
        label = name if factor == 1 else f"{name} (times {factor})"
        below.plot(step, held[name] * factor, color=colour, linewidth=2, label=label)
    below.set_xlabel("time step, oldest first")
    style.plain(below)
    style.legend_beside(below)
    style.titled(below, "What the blobs x, tt and mask hold")
    save(figure, folder / "blobs.png")


def following(folder: Path) -> None:
    """Draw target and prediction early, later and at the end."""
    i, x, target, prediction = live_rows(tutorial())
    figure = new_figure(7.2, 4.4)
    for axes, (first, last) in zip(figure.subplots(2, 2).flat, STRETCHES, strict=True):
        part = (i >= first) & (i <= last)
        error = np.abs(prediction - target)[part].mean()
        title = f"updates {first} to {last}: mean error {error:.3f}"
        draw_followed(axes, x[part], target[part], prediction[part], title)
        low = min(-1.2, prediction[part].min() - 0.1)
        axes.set_ylim(low, max(1.2, prediction[part].max() + 0.1))
    handles = figure.axes[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper right", ncols=2, frameon=False)
    save(figure, folder / "following.png")


def loss(folder: Path) -> None:
    """Draw loss and accuracy over the updates."""
    found = columns(tutorial() / "metrics.csv")
    number = {name: np.array(values, float) for name, values in found.items()}
    figure = new_figure(7.2, 4.2)
    above, below = figure.subplots(2, 1, sharex=True)
    size = 20
    losses = number["loss"][: len(number["loss"]) // size * size].reshape(-1, size).mean(1)
    above.semilogy(np.arange(len(losses)) * size + size / 2, losses, color=style.BLUE, linewidth=1)
    above.set_ylabel(f"loss, mean of {size}")
    style.plain(above)
    below.plot(number["iteration"], number["accuracy"], color=style.BLUE, label="accuracy")
    below.plot(
        number["iteration"], number["baseline_accuracy"], color=style.GREY, linestyle="--",
        label="baseline: repeat the last target",
    )  # fmt: skip
    below.set_ylabel("accuracy")
    below.set_xlabel("update")
    style.plain(below)
    style.legend_above(below)
    save(figure, folder / "loss.png")


def _frozen(points: int) -> Any:
    """Return x, targets and predictions of the trained net without updates, on a fresh curve."""
    solver = get_solver("adamw.prototxt", model="LiquidNetCfc.prototxt", seed=1)
    solver.net.copy_from(tutorial() / "last.caffemodel")
    rows = []
    for _ in range(points):
        solver.trainer.prepare()
        solver.net.forward()
        solver.trainer.collect()
        sample = solver.trainer.sample()
        rows.append((sample["x"], sample["target"][0], sample["prediction"][0]))
    return np.array(rows).T


def frozen(folder: Path) -> None:
    """Draw the same net while it is updated at every point, and with frozen weights."""
    i, x, target, prediction = live_rows(tutorial())
    figure = new_figure(7.2, 2.8)
    left, right = figure.subplots(1, 2, sharey=True)
    part = i > 3600
    draw_followed(left, x[part], target[part], prediction[part], "updated at every point")
    draw_followed(right, *_frozen(400), "frozen, on a fresh curve")
    for axes in (left, right):
        axes.set_xlabel("x (radians)")
    left.legend(loc="lower left", fontsize="small")
    save(figure, folder / "frozen.png")


GYMS = {
    "curve: COS": ("curve=COS",),
    "curve: RANDOM": ("curve=RANDOM",),
    "jitter: 0.9": ("jitter=0.9", "step=0.1"),
    "drop_ratio: 0.5": ("drop_ratio=0.5", "step=0.1"),
}


def gyms(folder: Path) -> None:
    """Draw other curves being followed."""
    figure = new_figure(7.2, 4.2)
    for number, (axes, (title, settings)) in enumerate(
        zip(figure.subplots(2, 2).flat, GYMS.items(), strict=True)
    ):
        words = [
            word
            for setting in settings
            for word in ("--set", f"solver.trainer.gym.curve_param.{setting}")
        ]
        i, x, target, prediction = live_rows(tutorial(f"gym{number}", *words))
        last = i > i.max() - (360 if not number else 130)
        draw_followed(axes, x[last], target[last], prediction[last], title)
    save(figure, folder / "gyms.png")


def front(folder: Path) -> None:
    """The run's own picture, for README and the first page."""
    shrink(Image.open(tutorial() / "curve.png"), folder.parent / "curve.png", 200)


PICTURES = (front, net, blobs, following, loss, frozen, gyms)
