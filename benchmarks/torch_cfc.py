"""The CfC net as a short torch module, with which our layer is compared.

Written from the equations of Hasani et al. (2022), in the style of their published code: a cell that is called for
each step, concatenates input and state, and has four separate linear heads. Plain eager mode.

    python benchmarks/torch_cfc.py --check     compare it with the golden data of the tests
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
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
        self, inputs: int, hidden: int, units: int, layers: int, activation: str, mode: str = "gate"
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
        self.mode = mode
        self.ff1 = nn.Linear(columns, hidden)
        if mode == "minimal":
            self.w_tau = nn.Parameter(torch.zeros(1, hidden))
            self.A = nn.Parameter(torch.ones(1, hidden))
            return
        self.ff2 = nn.Linear(columns, hidden)
        self.time_a = nn.Linear(columns, hidden)
        self.time_b = nn.Linear(columns, hidden)

    def forward(self, u: Tensor, h: Tensor, t: Tensor) -> Tensor:
        a, t = torch.cat((u, h), 1), t.view(-1, 1)
        for linear in self._backbone:
            a = self.activation(linear(a))
        if self.mode == "minimal":
            p = self.ff1(a)
            return self.A - self.A * torch.exp(-t * (self.w_tau.abs() + p.abs())) * p
        f1, f2 = torch.tanh(self.ff1(a)), torch.tanh(self.ff2(a))
        s = torch.sigmoid(self.time_a(a) * t + self.time_b(a))
        return f1 + s * f2 if self.mode == "no_gate" else f1 * (1.0 - s) + s * f2


class Lstm(nn.Module):
    """The mixed memory: input, state and memory give the state for the cell, and the new memory."""

    def __init__(self, inputs: int, hidden: int):
        super().__init__()
        self.input_map = nn.Linear(inputs, 4 * hidden)
        self.recurrent_map = nn.Linear(hidden, 4 * hidden, bias=False)

    def forward(self, u: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        new, write, forget, show = (self.input_map(u) + self.recurrent_map(h)).chunk(4, 1)
        c = c * torch.sigmoid(forget + 1.0) + torch.tanh(new) * torch.sigmoid(write)
        return torch.tanh(c) * torch.sigmoid(show), c


class Cfc(nn.Module):
    """The cell over a sequence: x (B, T, F), spans (B, T), mask (B, T, F), (B, T, 1) or None.

    Gives (B, O), or (B, T, O) with ``sequences``.
    """

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
        mode: str = "gate",
        mixed: bool = False,
        sequences: bool = False,
    ):
        super().__init__()
        self.features, self.columns, self.hidden = features, columns, hidden
        self.sequences = sequences
        self.rnn_cell = CfcCell(columns, hidden, units, layers, activation, mode)
        self.lstm = Lstm(columns, hidden) if mixed else None
        self.fc = nn.Linear(hidden, outputs)

    def forward(self, x: Tensor, spans: Tensor, mask: Tensor | None = None) -> Tensor:
        inputs = x.unbind(1) if mask is None else self._masked_inputs(x, spans, mask)
        h = c = x.new_zeros(x.shape[0], self.hidden)
        states = []
        for step, u in enumerate(inputs):
            if self.lstm is not None:
                h, c = self.lstm(u, h, c)
            h = self.rnn_cell(u, h, spans[:, step])
            states.append(h)
        if self.sequences:
            return self.fc(torch.stack(states, 1))
        if mask is None:
            return self.fc(h)
        y = x.new_zeros(x.shape[0], self.fc.out_features)
        for step, h in enumerate(states):
            observed = mask[:, step].max(1, keepdim=True).values
            y = observed * self.fc(h) + (1.0 - observed) * y
        return y

    def _masked_inputs(self, x: Tensor, spans: Tensor, mask: Tensor) -> Iterator[Tensor]:
        fills = mask.shape[2] == self.features
        wide = fills and 2 * self.features < self.columns
        filled, since = torch.zeros_like(x[:, 0]), torch.zeros_like(x[:, 0])
        for step in range(x.shape[1]):
            seen, span = mask[:, step], spans[:, step]
            if fills:
                filled = seen * x[:, step] + (1.0 - seen) * filled
                since = (span.view(-1, 1) + since) * (1.0 - seen)
            else:
                filled = x[:, step]
            yield torch.cat((filled, since, seen) if wide else (filled, seen), 1)


def set_weights(module: nn.Module, weights: Mapping[str, np.ndarray]) -> None:
    """Load weights by the golden data's names."""
    module.load_state_dict({name: torch.tensor(value) for name, value in weights.items()})


# The check against the golden data.


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
