"""What layers say they need: products, rows of a table, nothing where memory is shared."""

from __future__ import annotations

import pytest

from mycaffe_py.layer import Cost
from mycaffe_py.layer.cost import bytes_of, flops_of
from mycaffe_py.plugins import default_registry

from ...building import set_up


def cost_of(type_name, settings, shapes, flags, tops=1):
    cls = default_registry().layers.find(type_name)
    layer, bottom, top = set_up(cls, f'name: "l" type: "{type_name}" {settings}', shapes, tops)
    return layer.cost(bottom, top, flags)


@pytest.mark.parametrize("transpose", ["", "transpose: true"])
def test_an_inner_product(transpose):
    settings = f"inner_product_param {{ num_output: 7 axis: 2 {transpose} }}"
    cost = cost_of("InnerProduct", settings, [(2, 3, 4, 5)], [True])
    m, k, n = 6, 20, 7
    assert flops_of(cost.forward) == 2 * m * k * n + m * n
    assert bytes_of(cost.forward) == 8 * (m * k + k * n + m * n + n)
    assert flops_of(cost.backward) == 4 * m * k * n + m * n


@pytest.mark.parametrize(
    ("type_name", "settings", "shapes", "tops"),
    [
        ("Flatten", "", [(2, 3, 4)], 1),
        ("Reshape", "reshape_param { shape { dim: -1 } }", [(2, 3)], 1),
        ("Squeeze", "", [(2, 1, 3)], 1),
        ("Input", "input_param { shape { dim: 3 } }", [], 1),
    ],
)
def test_nothing_is_copied(type_name, settings, shapes, tops):
    assert cost_of(type_name, settings, shapes, [True] * len(shapes), tops) == Cost()


def test_a_split_only_adds_up_gradients():
    cost = cost_of("Split", "", [(2, 3)], [True], tops=3)
    assert cost.forward == () and bytes_of(cost.backward) == 8 * (3 * 6 + 6)
    silence = cost_of("Silence", "", [(2, 3)], [True], tops=0)
    assert silence.forward == () and bytes_of(silence.backward) == 8 * 6


def test_an_embedding_reads_rows_not_the_table():
    settings = "embed_param { num_output: 5 input_dim: 1000 bias_term: false }"
    cost = cost_of("Embed", settings, [(2, 3)], [False])
    assert bytes_of(cost.forward) == 8 * (2 * 30 + 6)
    assert flops_of(cost.forward) == 0 and flops_of(cost.backward) == 30


def test_picking_reads_what_is_picked():
    cost = cost_of("Gather", "gather_param { axis: 0 }", [(100, 4), (3,)], [True, False])
    assert bytes_of(cost.forward) == 8 * (12 + 12 + 3)
    assert bytes_of(cost.backward) == 8 * (12 + 400)


def test_an_elementwise_layer_by_its_size():
    cost = cost_of("TanH", "", [(3, 4)], [True])
    assert flops_of(cost.forward) == 12 and bytes_of(cost.forward) == 8 * 24
