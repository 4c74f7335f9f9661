"""Giving a device our own kernels."""

from __future__ import annotations

from mycaffe_py.device import Device

from .kernels import KernelUnavailable, kernels_wanted
from .products import Products
from .uniform import UniformNumbers


def equip(device: Device) -> None:
    """Let a GPU draw random numbers by our own kernel, which may be recorded in a graph; once, where kernels work."""
    if device.own.uniform is not None or not kernels_wanted(device):
        return
    try:
        uniform = UniformNumbers(device)
        uniform.compile()
    except KernelUnavailable:
        return
    device.use_uniform(uniform)


def products_of(device: Device) -> Products:
    """Return products by our own kernels; raises KernelUnavailable where these cannot be compiled."""
    products = Products(device)
    products.compile()
    return products
