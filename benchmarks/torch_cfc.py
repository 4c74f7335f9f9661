"""Compares torch's side of the CfC benchmarks with the golden data of the tests.

python benchmarks/torch_cfc.py --check
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from mycaffe_plugins.benchmark.torch_cfc import Cfc, CfcCell, set_weights
from torch import Tensor

GOLDEN = Path(__file__).parents[1] / "tests" / "data" / "golden"
FORWARD_TOLERANCE, GRADIENT_TOLERANCE = 1e-12, 1e-10


def deviations(path: Path) -> tuple[float, float]:
    """Return the largest deviation of a case's output, and that of its gradients relative to their arrays' maxima."""
    with np.load(path) as data:
        meta = json.loads(str(data["meta"]))
        arrays = {key: data[key] for key in data.files if key != "meta"}
    weights = {key[2:]: value for key, value in arrays.items() if key.startswith("w.")}
    case = _cell_case if meta["kind"] == "cfc_cell" else _model_case
    module, inputs, constants, output, upstream = case(meta, arrays)
    set_weights(module, weights)
    leaves = {name: torch.tensor(arrays[name], requires_grad=True) for name in inputs}
    found = module(*leaves.values(), *(torch.tensor(arrays[name]) for name in constants))
    found.backward(torch.tensor(arrays[upstream]))
    gradients = {name: parameter.grad for name, parameter in module.named_parameters()}
    gradients |= {f"grad_{name}": leaf.grad for name, leaf in leaves.items()}
    worst = max(
        _relative(value, arrays[name if name.startswith("grad_") else f"grad.{name}"])
        for name, value in gradients.items()
    )
    return np.abs(found.detach().numpy() - arrays[output]).max(), worst


def _cell_case(meta: dict, arrays: Mapping[str, np.ndarray]) -> tuple:
    inputs = meta["in_features_cell"]
    cell = CfcCell(
        inputs,
        meta["hidden"],
        meta["backbone_units"],
        meta["backbone_layers"],
        meta["activation"],
        meta["mode"],
    )
    return cell.double(), ("input", "hx", "ts"), (), "h_new", "dh_new"


def _model_case(meta: dict, arrays: Mapping[str, np.ndarray]) -> tuple:
    model = Cfc(
        features=meta["in_features_true"],
        columns=meta["in_features_cell"],
        outputs=meta["out"],
        hidden=meta["hidden"],
        units=meta["backbone_units"],
        layers=meta["backbone_layers"],
        activation=meta["activation"],
        mode=meta["mode"],
        mixed=meta["use_mixed"],
        sequences=meta["return_sequences"],
    )
    constants = ("mask",) if "mask" in arrays else ()
    return model.double(), ("x", "timespans"), constants, "y", "dy"


def _relative(found: Tensor | None, expected: np.ndarray) -> float:
    """Return the deviation relative to the array's maximum; autograd gives None for a zero gradient."""
    values = np.zeros_like(expected) if found is None else found.numpy()
    return np.abs(values - expected).max() / max(np.abs(expected).max(), 1e-30)


def check() -> bool:
    """Compare with every golden case, print a line for each, and return whether all agree."""
    paths = sorted([*GOLDEN.glob("cell_*.npz"), *GOLDEN.glob("cfc_*.npz")])
    bad = 0 if paths else 1
    print(f"{'case':32} output    gradients")
    for path in paths:
        forward, gradient = deviations(path)
        right = forward <= FORWARD_TOLERANCE and gradient <= GRADIENT_TOLERANCE
        bad += not right
        print(f"{path.stem:32} {forward:.1e}   {gradient:.1e}{'' if right else '   TOO FAR'}")
    print(
        f"{len(paths)} cases, {bad} too far off (limits {FORWARD_TOLERANCE:.0e}, "
        f"{GRADIENT_TOLERANCE:.0e} of the array's maximum)"
    )
    return not bad


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", required=True, help="compare with golden data"
    )
    parser.parse_args()
    return 0 if check() else 1


if __name__ == "__main__":
    sys.exit(main())
