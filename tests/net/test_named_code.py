"""Which layers run code that a model names."""

from __future__ import annotations

from mycaffe_py.layer import Layer
from mycaffe_py.net import types_that_run_code
from mycaffe_py.net.named_code import layers_that_run_code
from mycaffe_py.plugins import load_registry
from mycaffe_py.schema import load_net_text


class Script(Layer):
    """Runs a script that the model names."""

    type = "Script"
    runs_named_code = True


def test_a_layer_says_so_whatever_its_name(registry):
    own = load_registry([Script])
    assert (types_that_run_code(registry), types_that_run_code(own)) == (
        ("Python",),
        ("Python", "Script"),
    )
    types = ("ReLU", "python", "Script", "NoSuchType")
    net = load_net_text(own.schema, "".join(f'layer {{ type: "{each}" }}' for each in types))
    assert layers_that_run_code(net.message, own) == {1, 2}
    assert layers_that_run_code(net.message, registry) == {1}
