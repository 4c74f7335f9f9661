"""Small trainings of every kind whose states differ, and what of them a restore may change."""

from __future__ import annotations

import copy
import math

import numpy as np

from mycaffe_py.builder import build_training
from mycaffe_py.weights.solverstate import _entries
from mycaffe_py.weights.state_tree import pack

ADAMW = 'type: "AdamW" base_lr: 0.01 momentum: 0.9 momentum2: 0.99 lr_policy: "fixed" max_iter: 20'
SMALL = ["cfc.cfc_param.hidden_size=3", "cfc.cfc_unit_param.backbone_units=3"]
DATA_AND_LSTM = """
name: "reader"
layer { name: "records" type: "HDF5Data" top: "data" top: "label"
        hdf5_data_param { source: "list.txt" batch_size: 2 shuffle: true } }
layer { name: "cont" type: "Input" top: "cont" input_param { shape { dim: 3 dim: 2 } } }
layer { name: "turned" type: "Reshape" bottom: "data" top: "x"
        reshape_param { shape { dim: 3 dim: 2 dim: 1 } } }
layer { name: "lstm" type: "LSTM" bottom: "x" bottom: "cont" top: "h"
        recurrent_param { num_output: 2 weight_filler { type: "uniform" min: -1 max: 1 } } }
layer { name: "sum" type: "Reduction" bottom: "h" top: "loss" loss_weight: 1 }
"""


def curve(folder):
    """A CfC net that follows a noisy random walk."""
    gym = 'type: "Curve" curve_param { curve: RANDOM jitter: 0.3 random_start: true time: DELTA }'
    return build_training(
        solver=f'net: "CurveFollow.prototxt" {ADAMW} trainer {{ type: "RNN.SUPER_SIMPLE" gym {{ {gym} }} '
        "rnn_simple_param { accuracy_window: 3 } }",
        overrides=["cfc1.cfc_param.hidden_size=3", "cfc1.cfc_unit_param.backbone_units=3"],
        seed=1,
        device="cpu",
    )


def table(folder):
    """A CfC net that follows the rows of a table."""
    csv = folder / "rows.csv"
    csv.write_text("t,y\n" + "".join(f"{k},{math.sin(k / 3)!r}\n" for k in range(40)))
    gym = (
        f'type: "Series" series_param {{ csv_file: "{csv}" fit_model: true window: 4 horizon: 2 }}'
    )
    return build_training(
        solver=f'net: "SeriesStandardized.prototxt" {ADAMW} trainer {{ type: "RNN.SUPER_SIMPLE" gym {{ {gym} }} }}',
        overrides=SMALL,
        seed=1,
        device="cpu",
    )


def series(folder):
    """The trainer SERIES, after its first validation."""
    csv = folder / "rows.csv"
    csv.write_text("t,y\n" + "".join(f"{k},{math.sin(k / 3)!r}\n" for k in range(60)))
    gym = (
        f'type: "Series" series_param {{ csv_file: "{csv}" fit_model: true window: 4 horizon: 2 }}'
    )
    return build_training(
        solver=f'net: "SeriesCfc.prototxt" {ADAMW} trainer {{ type: "SERIES" series_trainer_param {{ '
        f"validation_interval: 2 }} gym {{ {gym} }} }}",
        overrides=[*SMALL, "forecast.forecast_param.fit_size=false"],
        seed=1,
        device="cpu",
    )


def reader(folder):
    """An LSTM with HDF5Data."""
    import h5py

    with h5py.File(folder / "rows.h5", "w") as file:
        file["data"] = np.arange(21.0).reshape(7, 3) / 9
        file["label"] = np.zeros((7, 1))
    (folder / "list.txt").write_text(f"{folder / 'rows.h5'}\n")
    made = build_training(
        solver='type: "SGD" base_lr: 0.01 lr_policy: "step" gamma: 0.5 stepsize: 3 average_loss: 3 max_iter: 20',
        model=DATA_AND_LSTM.replace("list.txt", str(folder / "list.txt")),
        seed=1,
        device="cpu",
    )
    made.net.blobs["cont"].data[...] = 1
    return made


KINDS = {"curve": curve, "table": table, "series": series, "reader": reader}


def fingerprint(solver):
    """Return everything that a restore may change, in bytes."""
    parts = [solver.net.parameters.data.tobytes(), *(slot.tobytes() for slot in solver.history)]
    parts += [repr((solver.iter, solver.current_step)).encode(), solver.param.SerializeToString()]
    for name, value in _entries(solver, None):
        text, arrays = pack(name, copy.deepcopy(value))
        parts += [text.encode(), *(array.tobytes() for array in arrays.values())]
    parts += [repr(getattr(solver.trainer, "seed", None)).encode()]
    return parts
