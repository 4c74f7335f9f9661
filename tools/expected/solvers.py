"""What PyTorch's optimizers make of given gradients: tests/data/trajectories/torch.npz.

Rules that PyTorch and Caffe share, at a constant rate: SGD, Nesterov, AdaGrad, RMSProp, AdaDelta. Adam is the same
in both where eps is 0.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

STEPS = 8
# Name of our type: the optimizer, and the settings of ours.
RULES = {
    "SGD": (lambda p: torch.optim.SGD(p, 0.1, momentum=0.9), "momentum: 0.9"),
    "SGD decay": (lambda p: torch.optim.SGD(p, 0.1, weight_decay=0.05), "weight_decay: 0.05"),
    "Nesterov": (
        lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True),
        "momentum: 0.9",
    ),
    "AdaGrad": (lambda p: torch.optim.Adagrad(p, 0.1, eps=1e-6), "delta: 1e-6"),
    "RMSProp": (
        lambda p: torch.optim.RMSprop(p, 0.1, alpha=0.95, eps=1e-6),
        "rms_decay: 0.95 delta: 1e-6",
    ),
    "AdaDelta": (
        lambda p: torch.optim.Adadelta(p, 0.1, rho=0.9, eps=1e-6),
        "momentum: 0.9 delta: 1e-6",
    ),
    "Adam": (
        lambda p: torch.optim.Adam(p, 0.1, betas=(0.9, 0.99), eps=0.0, weight_decay=0.05),
        "momentum: 0.9 momentum2: 0.99 delta: 0 weight_decay: 0.05",
    ),
}


def main() -> None:
    """Write the file."""
    generator = np.random.default_rng(5)
    start, gradients = generator.standard_normal((2, 3)), generator.standard_normal((STEPS, 2, 3))
    arrays = {"start": start, "gradients": gradients}
    for name, (make, settings) in RULES.items():
        weight = torch.tensor(start, requires_grad=True)
        optimizer = make([weight])
        path = []
        for gradient in gradients:
            weight.grad = torch.tensor(gradient)
            optimizer.step()
            path.append(weight.detach().numpy().copy())
        arrays[f"{name}/settings"] = np.array(f'type: "{name.split()[0]}" base_lr: 0.1 {settings}')
        arrays[f"{name}/weights"] = np.array(path)
    file = Path(__file__).parents[2] / "tests" / "data" / "trajectories" / "torch.npz"
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(file, **arrays)
    print(f"{file.name}: {len(RULES)} trajectories")


if __name__ == "__main__":
    main()
