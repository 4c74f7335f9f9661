"""What Python's own tools show of ``L.Type``, and the stub file for editors."""

from __future__ import annotations

import copy
import importlib.util
import inspect
import pickle
import pydoc
import re
from pathlib import Path

import pytest

from mycaffe_py import layers as L, params as P
from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins import default_registry, use_plugins
from mycaffe_py.pycaffe.layer_help import settings_of

ROOT = Path(__file__).parents[2]


def tool():
    spec = importlib.util.spec_from_file_location(
        "typed_layers", ROOT / "tools" / "typed_layers.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_stub_file_is_up_to_date():
    module = tool()
    expected = module.stub_text(module.bundled()) + "\n"
    assert module.FILE.read_text(encoding="utf-8") == expected, "run: python tools/typed_layers.py"


def test_the_stub_has_every_type_and_compiles():
    text = tool().FILE.read_text(encoding="utf-8")
    compile(text, "typed_layers.pyi", "exec")
    types = [name for name in tool().bundled().layers.types() if name.isidentifier()]
    assert [name for name in types if f"    def {name}(\n" not in text] == []
    assert "class PoolingValues:\n    MAX: int\n    AVE: int\n" in text


def test_a_signature_has_the_settings_with_their_defaults():
    found = inspect.signature(L.Pooling).parameters
    assert list(found)[:4] == ["bottoms", "ntop", "in_place", "pool"]
    assert repr(found["pool"].default) == '"MAX"' and repr(found["kernel_size"].default) == "..."
    assert repr(found["global_pooling"].default) == "False" and found["pad"].annotation == "int"
    convolution = inspect.signature(L.Convolution).parameters
    assert convolution["kernel_size"].annotation == "int | Sequence[int]"
    assert convolution["weight_filler"].annotation == "Mapping[str, Any]"
    assert "hidden_size" in inspect.signature(L.CFC).parameters


def test_help_shows_the_layers_documentation_and_comments():
    text = pydoc.render_doc(L.CFC, renderer=pydoc.plaintext)
    in_one_line = " ".join(text.split())  # newer Pythons break long signatures
    assert re.search(r"CFC\( ?\*bottoms: 'Top', ntop: 'int' = 1", in_one_line)
    assert "Runs a liquid cell over a sequence" in text
    assert "Settings of cfc_param:" in text and "hidden_size: int32" in text
    assert "Values: CFC, LTC." in text and "Bottoms: 2 to 4. Tops (ntop): 1 to 2." in text


@pytest.mark.parametrize("name", sorted(name for name in dir(L) if not name.startswith("_")))
def test_every_setting_that_is_shown_is_taken(name):
    """Each bare name leads to a field: one that does not exist is refused by name."""
    make = getattr(L, name)
    assert make.__name__ == name and make.__doc__ and inspect.signature(make)
    for message, field in settings_of(default_registry(), name):
        if field["values"]:
            top = make(ntop=1, **{field["name"]: field["values"][0]["name"]})
            layer = top.fn.layer_parameter()
            holder = getattr(layer, message) if message else layer
            assert field["repeated"] or holder.HasField(field["name"])


def test_a_type_that_nobody_offers():
    assert L.Nonsense.__doc__ == 'No plugin in use offers the layer type "Nonsense".'
    with pytest.raises(ConfigError, match='no plugin in use offers the layer type "Nonsense"'):
        L.Nonsense(size=3)


def test_a_type_is_made_once_and_anew_with_other_plugins():
    first = L.ReLU
    assert L.ReLU is first
    before = default_registry()
    try:
        use_plugins(str(ROOT / "examples" / "plugins" / "gate.py"))
        assert L.ReLU is not first and "Gate" in dir(L) and inspect.signature(L.Gate)
    finally:
        import mycaffe_py.plugins.registry as home

        home._default = before


def test_values_are_offered():
    assert {"MAX", "AVE"} <= set(dir(P.Pooling)) and "Pooling" in dir(P)


def test_l_can_be_copied_and_pickled_after_use():
    assert callable(L.CFC)
    assert copy.copy(L) is copy.deepcopy(L) is pickle.loads(pickle.dumps(L)) is L
