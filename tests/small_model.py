"""The smallest liquid net that learns a curve: 4 neurons, 5 points."""

from __future__ import annotations

MODEL = """\
name: "Small"
layer {
  name: "data" type: "Input" top: "x" top: "tt" top: "mask" top: "target"
  input_param {
    shape { dim: 1 dim: 5 dim: 1 }
    shape { dim: 1 dim: 5 dim: 1 }
    shape { dim: 1 dim: 5 dim: 1 }
    shape { dim: 1 dim: 1 }
  }
}
layer {
  name: "cfc1" type: "CFC" bottom: "x" bottom: "tt" bottom: "mask" top: "xhat"
  cfc_param { input_features: 1 hidden_size: 4 output_features: 1 }
  cfc_unit_param { backbone_units: 4 backbone_layers: 1 backbone_activation: RELU }
}
layer {
  name: "loss" type: "MEAN_ERROR_LOSS" bottom: "xhat" bottom: "target" top: "loss"
  mean_error_loss_param { mean_error_type: MSE }
}
"""
