"""Why a loss is not finite: the training diverged, or what a trainer filled in was not finite before."""

from __future__ import annotations

from typing import Any

from mycaffe_py.errors import DataError, DivergedError, MyCaffeError


def not_finite(solver: Any, iteration: int, loss: float) -> MyCaffeError:
    """Return the error for the loss of an update that is NaN or infinite."""
    blob = _bad_input(solver.net) if solver.trainer and solver.param.HasField("trainer") else None
    if blob is not None:
        setting = solver.param.trainer
        source = f"trainer {solver.trainer.type}"
        if setting.HasField("gym"):
            source = f"gym {setting.gym.type}"
        return DataError(
            f'iteration {iteration}: {source} gave NaN or infinity in "{blob}"',
            hint="mark what is not known by a mask of 0 and any number in x; a target must be known"
            if setting.HasField("gym")
            else None,
        )
    return DivergedError(
        f"iteration {iteration}: the loss is {loss}; {solver.net.first_non_finite()}",
        hint="lower base_lr, or set clip_gradients",
    )


def _bad_input(net: Any) -> str | None:
    """Return the name of the first blob with NaN or infinity that no layer computes from others."""
    for bottoms, tops in zip(net.bottoms, net.tops, strict=True):
        for blob in () if bottoms else tops:
            if not blob.device.all_finite(blob.data):
                return str(blob.name)
    return None
