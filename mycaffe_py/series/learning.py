"""Training an estimator's net with the project's own solver: early stopping, and the best weights in the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.blob.host_blob import refresh_views, send_writes
from mycaffe_py.builder import get_solver
from mycaffe_py.device.device import default_device, open_device
from mycaffe_py.errors import DivergedError
from mycaffe_py.net.feeding import ArrayFeed
from mycaffe_py.net.predicting import mean_over_rows

from .settings import Plan

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Learned:
    """What a training gives: weights by ``layer/index``, its course, and the lowest validation loss (or None)."""

    weights: dict[str, np.ndarray]
    history: dict[str, np.ndarray]
    best_validation: float | None


class Course:
    """Follows a training as a callback of ``Solver.fit``: keeps the best weights, ends it when nothing improves."""

    def __init__(self, solver: Any, plan: Plan, advance: Callable[[int, str], None]):
        self._solver, self._plan, self._advance = solver, plan, advance
        self.updates: list[int] = []
        self.losses: list[float] = []
        self.validation_updates: list[int] = []
        self.validation: list[float] = []
        self.best: float | None = None
        self._best_weights: Any = None
        self._best_update = 0

    def after_update(self, row: Mapping[str, float]) -> bool:
        """Note the loss; return whether all updates are made."""
        self.updates.append(int(row["iteration"]))
        self.losses.append(float(row["loss"]))
        self._advance(self.updates[-1], f"loss {self.losses[-1]:.4g}")
        return self.updates[-1] >= self._plan.updates

    def after_epoch(self, figures: Mapping[str, float]) -> bool:
        """Note the validation, if there is one; return whether it has not improved for too long."""
        if "validation loss" not in figures:
            return False
        return self.validated(float(figures["validation loss"]))

    def validated(self, loss: float) -> bool:
        """Note a validation loss after the latest update."""
        self.validation_updates.append(self.updates[-1])
        self.validation.append(loss)
        if self.best is None or loss < self.best:
            self.best, self._best_update = loss, self.updates[-1]
            send_writes()
            self._best_weights = self._solver.net.parameters.data.copy()
        return self.updates[-1] - self._best_update >= self._plan.patience

    def restore_best(self) -> None:
        """Give the net the weights of the lowest validation loss."""
        if self._best_weights is not None:
            send_writes()
            self._solver.net.parameters.data[...] = self._best_weights
            refresh_views()

    def history(self) -> dict[str, np.ndarray]:
        """Return the columns of the training and of its validations."""
        return {
            "update": np.array(self.updates, np.int64),
            "loss": np.array(self.losses, np.float64),
            "validation_update": np.array(self.validation_updates, np.int64),
            "validation_loss": np.array(self.validation, np.float64),
        }


def learn(
    text: str,
    training: Arrays,
    validation: Arrays | None,
    plan: Plan,
    params: dict[str, Any],
    seed: int,
) -> Learned:
    """Train a model on arrays by input blob: AdamW, gradients clipped, a rate that falls to 0 by a cosine."""
    solver = get_solver(
        {
            **{"type": "AdamW", "momentum": 0.9, "momentum2": 0.999, "adamw_decay": 0.0},
            **{"base_lr": float(params["learning_rate"]), "lr_policy": "cosine"},
            **{"max_iter": plan.updates, "clip_gradients": 1.0},
        },
        text,
        device=new_device(params["device"]),
        dtype=params["dtype"],
        seed=seed,
        allow_python=False,
    )
    try:
        with _progress(params["verbose"], plan.updates) as advance:
            course = Course(solver, plan, advance)
            callbacks = [course, *_listed(params["callbacks"])]
            solver.fit(
                dict(training),
                epochs=plan.epochs,
                batch_size=int(params["batch_size"]),
                validation=dict(validation) if validation else None,
                callbacks=callbacks,
            )
            if validation and course.validation_updates[-1:] != course.updates[-1:]:
                course.validated(_validation_loss(solver, validation, int(params["batch_size"])))
        course.restore_best()
        return Learned(weights_of(solver.net), course.history(), course.best)
    except DivergedError as error:
        rate = f"{params['learning_rate']:g}"
        raise DivergedError(error.message, hint=f"lower learning_rate, which is {rate}") from error
    finally:
        solver.net.close()


def new_device(name: Any) -> Any:
    """Return a device of its own, so that a training disturbs no generator of others; None: the default one's kind."""
    return open_device(default_device().name if name is None else str(name))


def weights_of(net: Any) -> dict[str, np.ndarray]:
    """Return copies of a net's weights by ``layer/index``."""
    return {
        f"{layer}/{index}": np.array(blob.data)
        for layer, blobs in net.params.items()
        for index, blob in enumerate(blobs)
    }


def _validation_loss(solver: Any, arrays: Arrays, batch_size: int) -> float:
    """Return the loss of a training that ended within an epoch."""
    net = solver.net.test_net()
    with solver.flushing():
        return mean_over_rows(net, ArrayFeed(net, arrays, batch_size))["loss"]


def _listed(callbacks: Any) -> Sequence[Any]:
    if callbacks is None:
        return ()
    return callbacks if isinstance(callbacks, list | tuple) else (callbacks,)


def _progress(shown: Any, updates: int) -> Any:
    """Return a context whose value is called with the number of updates and a text: a progress line, or nothing."""
    if not shown:
        return nullcontext(lambda done, text: None)
    from .progress import progress_line

    return progress_line(updates)
