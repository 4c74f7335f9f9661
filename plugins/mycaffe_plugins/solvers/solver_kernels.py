"""Compiled update rules: each formula of this package's solvers in one loop over the weights of a group.

``diff`` is the gradient, and becomes what is subtracted from the weights. All numbers are of the arrays' type.
"""

from __future__ import annotations

import numpy as np

from mycaffe_py.compiled import compiled


@compiled
def sgd(diff, history, momentum, rate):
    """h = momentum h + rate g; diff = h"""
    for i in range(diff.shape[0]):
        history[i] = momentum * history[i] + rate * diff[i]
        diff[i] = history[i]


@compiled
def nesterov(diff, history, momentum, rate):
    """h = momentum h + rate g; diff = momentum h + rate g"""
    for i in range(diff.shape[0]):
        step = rate * diff[i]
        history[i] = momentum * history[i] + step
        diff[i] = momentum * history[i] + step


@compiled
def adagrad(diff, history, delta, rate):
    """h += g^2; diff = rate g / (sqrt(h) + delta)"""
    for i in range(diff.shape[0]):
        gradient = diff[i]
        square = history[i] + gradient * gradient
        history[i] = square
        diff[i] = rate * (gradient / (np.sqrt(square) + delta))


@compiled
def rmsprop(diff, history, decay, rest, delta, rate):
    """h = decay h + (1 - decay) g^2; diff = rate g / (sqrt(h) + delta); rest is 1 - decay"""
    for i in range(diff.shape[0]):
        gradient = diff[i]
        square = decay * history[i] + rest * (gradient * gradient)
        history[i] = square
        diff[i] = rate * (gradient / (np.sqrt(square) + delta))


@compiled
def adadelta(diff, squares, steps, momentum, rest, delta, rate):
    """h = m h + (1 - m) g^2; u = g sqrt(k + d) / sqrt(h + d); k = m k + (1 - m) u^2; diff = rate u"""
    for i in range(diff.shape[0]):
        gradient = diff[i]
        square = momentum * squares[i] + rest * (gradient * gradient)
        step = gradient * np.sqrt(steps[i] + delta) / np.sqrt(square + delta)
        squares[i] = square
        steps[i] = momentum * steps[i] + rest * (step * step)
        diff[i] = rate * step


@compiled
def adam(diff, mean, square, beta1, rest1, beta2, rest2, root, delta, rate):
    """m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; diff = rate m / (root sqrt(v) + delta)

    Adam and, after the weights' decay, AdamW: they differ in ``rate`` and ``root``.
    """
    for i in range(diff.shape[0]):
        gradient = diff[i]
        new_mean = beta1 * mean[i] + rest1 * gradient
        new_square = beta2 * square[i] + rest2 * (gradient * gradient)
        mean[i], square[i] = new_mean, new_square
        diff[i] = rate * (new_mean / (root * np.sqrt(new_square) + delta))
