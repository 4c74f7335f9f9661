"""A generative adversarial net on eight spots in a ring: two Adam solvers, and a loop of its own around them."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for such small products more gain nothing

import numpy as np
from matplotlib.figure import Figure

import mycaffe_py as caffe

HERE = Path(__file__).parent
SPOTS = 8
SPREAD = 0.06
ANGLES = 2 * np.pi * np.arange(SPOTS) / SPOTS
CENTRES = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


def real_points(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return points of the ring, (count, 2)."""
    return CENTRES[rng.integers(SPOTS, size=count)] + SPREAD * rng.standard_normal((count, 2))


class Gan:
    """The two solvers, and what one update of each does."""

    def __init__(self, seed: int = 1):
        caffe.set_random_seed(seed)
        self.rng = np.random.default_rng(seed)
        self.generator = caffe.get_solver(str(HERE / "generator_solver.prototxt"))
        self.discriminator = caffe.get_solver(str(HERE / "discriminator_solver.prototxt"))
        self.batch = self.generator.net.blobs["noise"].shape[0]

    def make(self) -> np.ndarray:
        """Return a batch of made points."""
        noise = self.generator.net.blobs["noise"]
        noise.data[...] = self.rng.standard_normal(noise.shape)
        return self.generator.net.forward()["made"]

    def judge(self, points: np.ndarray, real: float) -> float:
        """Run the discriminator forward and backward: it adds to its gradients. Return its loss."""
        net = self.discriminator.net
        net.blobs["points"].data[...] = points
        net.blobs["real"].data[...] = real
        loss = float(net.forward()["loss"])
        net.backward()
        return loss

    def update_discriminator(self) -> float:
        """Teach the discriminator to tell real points from made ones; return its loss."""
        self.discriminator.net.clear_param_diffs()
        loss = self.judge(real_points(self.rng, self.batch), 1) + self.judge(self.make(), 0)
        self.discriminator.apply_update()
        return loss / 2

    def update_generator(self) -> float:
        """Teach the generator to make points that pass for real ones; return the loss of that."""
        loss = self.judge(self.make(), 1)
        net = self.generator.net
        net.clear_param_diffs()
        net.backward(made=self.discriminator.net.blobs["points"].diff)
        self.generator.apply_update()
        return loss

    def sample(self, count: int) -> np.ndarray:
        """Return made points, (count, 2)."""
        return np.concatenate([self.make().copy() for _ in range(-(-count // self.batch))])[:count]


def quality(points: np.ndarray) -> tuple[float, int]:
    """Return the share of points that lie on a spot, within three spreads, and the number of spots that have some."""
    distances = np.linalg.norm(points[:, None] - CENTRES, axis=2)
    nearest, on = distances.argmin(axis=1), distances.min(axis=1) < 3 * SPREAD
    shares = np.bincount(nearest[on], minlength=SPOTS) / len(points)
    return float(on.mean()), int((shares > 0.25 / SPOTS).sum())


def train(gan: Gan, updates: int, every: int) -> list[tuple[int, np.ndarray]]:
    """Update both in turn; print a line, and keep 1000 made points, each so many updates."""
    kept = []
    for update in range(1, updates + 1):
        losses = gan.update_discriminator(), gan.update_generator()
        if update % every == 0 or update == updates:
            points = gan.sample(1000)
            kept.append((gan.generator.iter, points))
            share, spots = quality(points)
            print(
                f"update {gan.generator.iter}: rate {gan.generator.last_lr:.2g}, losses {losses[0]:.3f} and "
                f"{losses[1]:.3f}; {share:.0%} of the points on {spots} of {SPOTS} spots"
            )
    return kept


def picture(kept: list[tuple[int, np.ndarray]], real: np.ndarray) -> Figure:
    """Return a figure of the points in the course of the training, beside real ones."""
    panels = [*((f"{update} updates", points) for update, points in kept), ("real points", real)]
    figure = Figure(figsize=(1.8 * len(panels), 2.1), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, (title, points) in zip(axes, panels, strict=True):
        axis.scatter(*points.T, s=1, alpha=0.5, color="black" if points is real else "tab:blue")
        axis.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), aspect="equal", xticks=[], yticks=[])
        axis.set_title(title, fontsize="small")
    return figure


def main() -> None:
    """Train, measure, draw, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--picture", default="gan.png")
    arguments = parser.parse_args()
    gan = Gan(arguments.seed)
    kept = train(gan, arguments.updates, max(1, arguments.updates // 4))
    picture(kept, real_points(gan.rng, 1000)).savefig(arguments.picture, dpi=120)
    for solver in (gan.generator, gan.discriminator):
        solver.snapshot()
    print(f"see {arguments.picture}")


if __name__ == "__main__":
    main()
