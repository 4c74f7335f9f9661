"""Nets and the start of a solver as files, for the tests of the builder."""

from __future__ import annotations

NET = """
name: "%s"
layer { name: "data" type: "Input" top: "x" top: "t"
  input_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 1 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "y"
  inner_product_param { num_output: 1 weight_filler { type: "gaussian" } } }
layer { name: "drop" type: "Dropout" bottom: "y" top: "y" include { phase: TEST stage: "deep" } }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }
"""
SOLVER = 'type: "SGD"\nbase_lr: 0.1\nlr_policy: "fixed"\nmax_iter: 3\n'


def write_nets(folder):
    (folder / "net.prototxt").write_text(NET % "here")
    (folder / "other.prototxt").write_text(NET % "other")
    return folder
