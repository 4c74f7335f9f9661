"""The CfC net as a short torch module: what our layer is compared with.

Written from the equations of Hasani et al. (2022), in the manner of their published code: a cell that is called
for each step, which puts input and state together and has four separate linear heads. Plain eager mode.

    python benchmarks/torch_cfc.py --check     compare it with the golden data of the tests
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

GOLDEN = Path(__file__).parents[1] / "tests" / "data" / "golden"
FORWARD_TOLERANCE, GRADIENT_TOLERANCE = 1e-12, 1e-10


class LeCun(nn.Module):
    def forward(self, z: Tensor) -> Tensor:
        return 1.7159 * torch.tanh(0.666 * z)


ACTIVATIONS = {
    "silu": nn.SiLU,
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "lecun": LeCun,
}


class CfcCell(nn.Module):
    """One step: (B, I) input, (B, H) state and (B,) elapsed time give the new state."""

    def __init__(
        self, inputs: int, hidden: int, units: int, layers: int, activation: str, no_gate: bool
    ):
        super().__init__()
        columns = inputs + hidden
        backbone = []
        for index in range(layers):
            backbone.append(nn.Linear(columns, units))
            self.add_module(f"bb_{index}", backbone[-1])
            columns = units
        self._backbone = tuple(backbone)
        self.activation = ACTIVATIONS[activation]()
        self.ff1 = nn.Linear(columns, hidden)
        self.ff2 = nn.Linear(columns, hidden)
        self.time_a = nn.Linear(columns, hidden)
        self.time_b = nn.Linear(columns, hidden)
        self.no_gate = no_gate

    def forward(self, u: Tensor, h: Tensor, t: Tensor) -> Tensor:
        a = torch.cat((u, h), 1)
        for linear in self._backbone:
            a = self.activation(linear(a))
        f1, f2 = torch.tanh(self.ff1(a)), torch.tanh(self.ff2(a))
        s = torch.sigmoid(self.time_a(a) * t.view(-1, 1) + self.time_b(a))
        return f1 + s * f2 if self.no_gate else f1 * (1.0 - s) + s * f2


class Cfc(nn.Module):
    """The cell over a sequence: x (B, T, F), spans (B, T), mask (B, T, F), (B, T, 1) or None -> (B, O)."""

    def __init__(
        self,
        *,
        features: int,
        columns: int,
        outputs: int,
        hidden: int,
        units: int,
        layers: int,
        activation: str,
        no_gate: bool = False,
    ):
        super().__init__()
        self.features, self.columns, self.hidden = features, columns, hidden
        self.outputs = outputs
        self.rnn_cell = CfcCell(columns, hidden, units, layers, activation, no_gate)
        self.fc = nn.Linear(hidden, outputs)

    def forward(self, x: Tensor, spans: Tensor, mask: Tensor | None = None) -> Tensor:
        h = x.new_zeros(x.shape[0], self.hidden)
        if mask is None:
            for step in range(x.shape[1]):
                h = self.rnn_cell(x[:, step], h, spans[:, step])
            return self.fc(h)
        return self._forward_masked(x, spans, mask, h)

    def _forward_masked(self, x: Tensor, spans: Tensor, mask: Tensor, h: Tensor) -> Tensor:
        fills = mask.shape[2] == self.features
        wide = fills and 2 * self.features < self.columns
        filled, since = torch.zeros_like(x[:, 0]), torch.zeros_like(x[:, 0])
        y = x.new_zeros(x.shape[0], self.outputs)
        for step in range(x.shape[1]):
            seen, span = mask[:, step], spans[:, step]
            if fills:
                filled = seen * x[:, step] + (1.0 - seen) * filled
                since = (span.view(-1, 1) + since) * (1.0 - seen)
            else:
                filled = x[:, step]
            u = torch.cat((filled, since, seen) if wide else (filled, seen), 1)
            h = self.rnn_cell(u, h, span)
            observed = seen.max(1, keepdim=True).values
            y = observed * self.fc(h) + (1.0 - observed) * y
        return y


def set_weights(module: nn.Module, weights: Mapping[str, np.ndarray]) -> None:
    """Load weights by the golden data's names."""
    module.load_state_dict({name: torch.tensor(value) for name, value in weights.items()})


# The check against the golden data.


def deviations(path: Path) -> tuple[float, float]:
    """Return the largest deviation of a case's output, and of its gradients by their arrays' maxima."""
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
        meta["mode"] == "no_gate",
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
        no_gate=meta["mode"] == "no_gate",
    )
    constants = ("mask",) if "mask" in arrays else ()
    return model.double(), ("x", "timespans"), constants, "y", "dy"


def _relative(found: Tensor | None, expected: np.ndarray) -> float:
    """Return the deviation by the array's maximum; autograd gives None where a gradient is zero."""
    values = np.zeros_like(expected) if found is None else found.numpy()
    return np.abs(values - expected).max() / max(np.abs(expected).max(), 1e-30)


def check() -> bool:
    """Compare with every golden case, print a line for each, and say whether all are right."""
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
