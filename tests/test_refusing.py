"""Each kind of plugin refuses a setting by ``fail``, with an error that points at it in the file."""

from __future__ import annotations

import pytest

from mycaffe_py import Filler, Gym, Net, Observer, Solver, Trainer
from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins import with_plugins
from mycaffe_py.schema import load_net_text


@pytest.mark.parametrize("base", [Filler, Gym, Observer, Solver, Trainer])
def test_what_is_said(base):
    cls = type("Own", (base,), {"type": "Own"})
    with pytest.raises(ConfigError) as caught:
        cls.fail("speed is 0", "own_param.speed", hint="give a speed")
    error = caught.value
    assert error.message == f"{base.kind} Own: speed is 0"
    assert (error.field, error.hint) == ("own_param.speed", "give a speed")


class Picky(Filler):
    """Refuses everything."""

    type = "picky_in_tests"
    uses = ("value",)

    def check(self):
        self.fail("value must not be", "value")


@pytest.mark.parametrize("field", ["weight_filler", "bias_filler"])
def test_a_filler_s_setting_is_found_in_its_layer(field):
    text = f"""layer {{ name: "in" type: "Input" top: "x" input_param {{ shape {{ dim: 1 dim: 2 }} }} }}
    layer {{ name: "fc" type: "InnerProduct" bottom: "x" top: "y" inner_product_param {{ num_output: 1
      {field} {{ type: "picky_in_tests" value: 7 }} }} }}"""
    registry = with_plugins(Picky)
    with pytest.raises(ConfigError) as caught:
        Net(load_net_text(registry.schema, text), registry=registry)
    place = caught.value.problems[0].location
    assert (place.line, place.text.strip().startswith(field)) == (3, True)
    assert place.text[place.column - 1] == "7"


def test_a_filler_without_a_setting_at_fault_is_pointed_at_itself():
    text = """layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }
    layer { name: "fc" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 1
      weight_filler { type: "uniform" min: 2 max: 1 } } }"""
    registry = with_plugins(Picky)
    with pytest.raises(ConfigError) as caught:
        Net(load_net_text(registry.schema, text), registry=registry)
    assert caught.value.problems[0].location.line == 3
