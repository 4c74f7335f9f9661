"""The rules that PyTorch has too, against its stored trajectories (tools/expected/solvers.py)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from .linear import fit

with np.load(Path(__file__).parents[2] / "data" / "trajectories" / "torch.npz") as _stored:
    STORED = dict(_stored)
NAMES = sorted(key.removesuffix("/weights") for key in STORED if key.endswith("/weights"))


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_are_those_of_torch(registry, name, kernels):
    solver = fit(registry, f'{STORED[f"{name}/settings"]} lr_policy: "fixed"')
    assert (solver._loop is not None) == (kernels == "compiled")
    weight = solver.net.params["fc"][0]
    weight.data[...] = STORED["start"]
    for gradient, wanted in zip(STORED["gradients"], STORED[f"{name}/weights"], strict=True):
        solver.net.clear_param_diffs()
        weight.diff[...] = gradient
        with np.errstate(invalid="ignore"):  # the bias has no gradient: 0 / 0 where delta is 0
            solver.apply_update()
        np.testing.assert_allclose(weight.data, wanted, rtol=1e-12, atol=1e-14)


def test_every_rule_that_torch_has_is_there():
    types = {name.split()[0] for name in NAMES}
    assert types == {"SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam"}
