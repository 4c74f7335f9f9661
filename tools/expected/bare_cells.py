"""Expected numbers of CfC cells without a backbone, from the ncps library (1.0.1) and PyTorch's autograd, in float64.

Writes ``tests/data/golden/cell_ncps_bare_*.npz`` and ``cfc_ncps_bare_*.npz``, in the form of the other golden data
there: ``tests/plugins/liquid/golden.py`` reads them. To run: ``python -m tools.expected.bare_cells``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ncps.torch import CfCCell

FOLDER = Path(__file__).parents[2] / "tests" / "data" / "golden"
MODES = {"gate": "default", "no_gate": "no_gate", "minimal": "pure"}
BATCH, STEPS, FEATURES, HIDDEN, OUT = 3, 7, 2, 5, 2


def new_cell(mode: str, columns: int, seed: int) -> Any:
    """Return a cell whose weights and biases are all random, w_tau too."""
    torch.manual_seed(seed)
    cell = CfCCell(columns, HIDDEN, MODES[mode], backbone_layers=0).double()
    for parameter in cell.parameters():
        torch.nn.init.normal_(parameter, std=0.6)
    return cell


def numbers(cell: Any, prefix: str) -> dict[str, np.ndarray]:
    """Return the weights of a module and their gradients, by the blobs' names."""
    found = {}
    for name, parameter in cell.named_parameters():
        found[f"w.{prefix}{name}"] = parameter.detach().numpy()
        found[f"grad.{prefix}{name}"] = parameter.grad.numpy()
    return found


def draw(*shape: int) -> Any:
    """Return random numbers that get a gradient."""
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def spans(*shape: int) -> Any:
    """Return random time spans above 0 that get a gradient."""
    return (torch.rand(*shape, dtype=torch.float64) * 1.5 + 0.1).requires_grad_()


def write(name: str, meta: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Write one file."""
    plain = {
        key: value.detach().numpy() if torch.is_tensor(value) else value
        for key, value in arrays.items()
    }
    meta |= {"name": name, "source": "ncps 1.0.1 CfCCell", "dtype": "float64", "hidden": HIDDEN}
    meta |= {"backbone_units": 1, "backbone_layers": 0, "activation": "lecun"}
    np.savez_compressed(FOLDER / f"{name}.npz", meta=np.array(json.dumps(meta)), **plain)


def record_cell(mode: str, seed: int) -> None:
    """Record one step of a cell."""
    cell = new_cell(mode, 3, seed)
    given, state, span = draw(4, 3), draw(4, HIDDEN), spans(4)
    new, _ = cell(given, state, span[:, None])
    upstream = torch.randn_like(new)
    new.backward(upstream)
    arrays = {"input": given, "hx": state, "ts": span, "h_new": new, "dh_new": upstream}
    arrays |= {"grad_input": given.grad, "grad_hx": state.grad, "grad_ts": span.grad}
    write(f"cell_ncps_bare_{mode}", {"mode": mode}, arrays | numbers(cell, ""))


def record_sequence(mode: str, seed: int) -> None:
    """Record a sequence with a readout of each step."""
    cell = new_cell(mode, FEATURES, seed)
    fc = torch.nn.Linear(HIDDEN, OUT).double()
    x, times = draw(BATCH, STEPS, FEATURES), spans(BATCH, STEPS)
    state, states = torch.zeros(BATCH, HIDDEN, dtype=torch.float64), []
    for step in range(STEPS):
        state, _ = cell(x[:, step], state, times[:, step : step + 1])
        states.append(state)
    h_seq = torch.stack(states, dim=1)
    y = fc(h_seq)
    upstream = torch.randn_like(y)
    y.backward(upstream)
    arrays = {"x": x, "timespans": times, "y": y, "dy": upstream, "h_seq": h_seq}
    arrays |= {"grad_x": x.grad, "grad_timespans": times.grad}
    meta = {"mode": mode, "mask": "none", "in_features_cell": FEATURES, "out": OUT}
    meta |= {"use_mixed": False, "return_sequences": True, "mask_all_zero": False}
    write(f"cfc_ncps_bare_{mode}", meta, arrays | numbers(cell, "rnn_cell.") | numbers(fc, "fc."))


for number, mode in enumerate(MODES):
    record_cell(mode, 31 + number)
    record_sequence(mode, 41 + number)
