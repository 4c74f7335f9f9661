"""Settings without effect in messages, nets and plugins of other people."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import ConfigError, MyCaffeWarning, PluginError
from mycaffe_py.net import Net
from mycaffe_py.plugins import Only, default_registry, load_registry
from mycaffe_py.plugins.idle import idle_settings
from mycaffe_py.schema import load_net_text

from ..plugging import writer

REGISTRY = default_registry()
CONTAINERS = {
    "layers": "LayerParameter",
    "gyms": "GymParameter",
    "trainers": "TrainerParameter",
}

# Settings of other types, and of fillers.


def found_in(kind, text):
    message = REGISTRY.schema.parse_text(text, CONTAINERS[kind]).message
    cls = REGISTRY.catalog(kind).find(message.type)
    return [(idle.message, idle.hint) for idle in idle_settings(REGISTRY, kind, cls, message)]


@pytest.mark.parametrize(
    ("kind", "text", "message", "hint"),
    [
        (
            "layers",
            'type: "ReLU" pooling_param { kernel_size: 3 }',
            "pooling_param has no effect in type ReLU: it is for Pooling",
            "remove pooling_param",
        ),
        (
            "gyms",
            'type: "Curve" series_param { window: 3 }',
            "series_param has no effect in type Curve: it is for Series",
            "remove series_param",
        ),
        (
            "layers",
            'type: "InnerProduct" inner_product_param { weight_filler { type: "constant" std: 2 mean: 1 } }',
            "inner_product_param.weight_filler.mean and std have no effect with type: constant",
            'write type: "gaussian", or remove mean and std',
        ),
        (
            "layers",
            'type: "DummyData" dummy_data_param { data_filler { type: "xavier" } data_filler { value: 1 std: 3 } }',
            "dummy_data_param.data_filler.std has no effect with type: constant",
            'write type: "gaussian", or remove std',
        ),
        (
            "layers",
            'type: "Im2col" convolution_param { num_output: 3 bias_filler { value: 1 std: 3 } }',
            "convolution_param.num_output and bias_filler have no effect in type Im2col",
            "remove num_output and bias_filler",
        ),
        (
            "gyms",
            'type: "Curve" curve_param { csv_file: "a.csv" csv_column: "b" random_step: 1 }',
            "curve_param.csv_file, csv_column and random_step have no effect with curve: SIN",
            "write curve: CSV_FILE, or remove csv_file and csv_column\n"
            "write curve: RANDOM, or remove random_step",
        ),
    ],
)
def test_settings_that_the_type_does_not_read(kind, text, message, hint):
    assert found_in(kind, text) == [(message, hint)]


@pytest.mark.parametrize(
    "text",
    [
        'type: "RNN.SUPER_SIMPLE" rnn_simple_param { accuracy_window: 3 }',
        'type: "MyCaffeTrainerDual" rnn_simple_param { accuracy_window: 3 }',
        'type: "MyCaffeTrainerDual" dual_param { trainer_type: "RNN.NO" } rnn_simple_param { accuracy_window: 3 }',
    ],
)
def test_a_trainer_reads_the_settings_of_the_one_that_it_runs(text):
    assert found_in("trainers", text) == []


def test_a_trainer_does_not_read_those_of_another():
    text = 'type: "RNN.SUPER_SIMPLE" dual_param { trainer_type: "x" }'
    ((message, _),) = found_in("trainers", text)
    assert (
        message == "dual_param has no effect in type RNN.SUPER_SIMPLE: it is for MyCaffeTrainerDual"
    )


# Of other people's plugins.

OWN = """
from mycaffe_py.plugins import Only

class Own(Gym):
    type = "Own"
    schema = '''message OwnParameter {
      enum Kind { PLAIN = 0; NOISY = 1; }
      optional Kind kind = 1; optional float noise = 2; optional float odd = 3;
    }
    extend GymParameter { optional OwnParameter own_param = 30000; }'''
    conditions = (CONDITION,)

@hookimpl
def mycaffe_gyms():
    return [Own]
"""


@pytest.fixture
def own_gym(tmp_path):
    def make(condition, settings):
        registry = load_registry([writer(tmp_path)(OWN.replace("CONDITION", condition))])
        param = registry.schema.parse_text(
            f'type: "Own" own_param {{ {settings} }}', "GymParameter"
        )
        return registry.gyms.find("Own")(param.message)

    return make


def test_a_plugin_declares_conditions_of_its_own(own_gym):
    only = 'Only("own_param.noise", when="kind: NOISY")'
    own_gym(only, "kind: NOISY noise: 1")
    with pytest.raises(
        ConfigError, match="own_param.noise has no effect with kind: PLAIN"
    ) as caught:
        own_gym(only, "noise: 1")
    assert caught.value.hint == "write kind: NOISY, or remove noise"
    assert caught.value.field == "own_param.noise"


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ('Only("own_param.nosie", when="kind: NOISY")', "nosie, but OwnParameter has no such"),
        ('Only("own_param.noise", when="knid: NOISY")', '"knid", but GymParameter has no field'),
        ('Only("own_param.noise", when="own.kind: NOISY")', '"own.kind", but GymParameter has no'),
    ],
)
def test_a_condition_that_names_no_field(own_gym, condition, message):
    with pytest.raises(PluginError, match=message):
        own_gym(condition, "noise: 1")


@pytest.mark.parametrize(
    ("uses", "idle"),
    [("uses = ()", ("mean", "std")), ("", ("mean", "std")), ('uses = ("std",)', ("mean",))],
)
def test_a_filler_reads_its_own_fields_and_those_that_it_names(tmp_path, uses, idle):
    body = f'''
class Own(Filler):
    type = "own"
    {uses}
    schema = """message OwnPart {{ optional double gain = 1; }}
      extend FillerParameter {{ optional OwnPart own_part = 42007; }}"""

    def values(self, shape, rng):
        return self.param.std

@hookimpl
def mycaffe_fillers():
    return [Own]
'''
    registry = load_registry([writer(tmp_path)(body)])
    filler = 'type: "own" std: 2 mean: 3 own_part { gain: 2 }'
    text = f'type: "InnerProduct" inner_product_param {{ weight_filler {{ {filler} }} }}'
    message = registry.schema.parse_text(text, "LayerParameter").message
    found = idle_settings(registry, "layers", registry.layers.find("InnerProduct"), message)
    assert tuple(str(path[-1]) for each in found for path in each.paths) == idle


def test_the_words():
    assert Only("a", when="b: C or D").words == "only with b: C or D"
    assert Only("a", when="no b").words == "only without b"
    assert Only("a", when="never").words == "no effect in this type"


# In a net.

NET = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer {
  name: "ip" type: "InnerProduct" bottom: "x" top: "y"
  inner_product_param { num_output: 2 bias_term: false bias_filler { value: 2 } }
}
"""


def test_a_layer_warns_with_the_place():
    with pytest.warns(MyCaffeWarning) as caught:
        Net(load_net_text(REGISTRY.schema, NET, "net.prototxt"), registry=REGISTRY)
    (warning,) = caught
    first, source, carets, hint = str(warning.message).splitlines()
    assert first == (
        'net.prototxt:5:56: layer "ip" (InnerProduct): inner_product_param.bias_filler has no effect '
        "without bias_term"
    )
    assert source[2:][carets.index("^") - 2 :].startswith("bias_filler")
    assert hint.strip() == "write bias_term: true, or remove bias_filler"
