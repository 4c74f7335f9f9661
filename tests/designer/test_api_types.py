"""Types and their settings, as forms show them."""

from __future__ import annotations

import pytest


def test_layers_are_listed_with_their_groups(client):
    types = {one["type"]: one for one in client.get("/api/types/layers").json()["types"]}
    assert types["CFC"]["group"] == "liquid" and types["CFC"]["plugin"] == "mycaffe_plugins.liquid"
    assert types["Convolution"]["group"] == "conv" and types["Convolution"]["doc"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("solvers", "AdamW"), ("fillers", "xavier"), ("gyms", "Curve"), ("trainers", "RNN.SUPER_SIMPLE")],
)  # fmt: skip
def test_other_kinds_are_listed_and_described(client, kind, name):
    assert name in {one["type"] for one in client.get(f"/api/types/{kind}").json()["types"]}
    found = client.get(f"/api/types/{kind}/{name}").json()
    assert found["type"] == name and found["doc"] and isinstance(found["parameters"], list)


def test_a_layer_has_its_settings_and_those_of_every_layer(client):
    found = client.get("/api/types/layers/CFC").json()
    [param] = [one for one in found["parameters"] if one["name"] == "cfc_param"]
    size = next(one for one in param["fields"] if one["name"] == "hidden_size")
    assert size["type"] == "uint32" or size["type"].startswith("int")
    common = {one["name"]: one for one in found["common"]}
    assert set(common) == {
        "name", "type", "bottom", "top", "phase", "loss_weight", "param", "propagate_down",
        "include", "exclude",
    }  # fmt: skip
    assert {"lr_mult", "decay_mult"} <= {one["name"] for one in common["param"]["fields"]}


def test_messages_in_messages_have_their_fields(client):
    found = client.get("/api/types/layers/InnerProduct").json()
    [param] = [one for one in found["parameters"] if one["name"] == "inner_product_param"]
    filler = next(one for one in param["fields"] if one["name"] == "weight_filler")
    assert {"type", "value", "std"} <= {one["name"] for one in filler["fields"]}


def test_a_message_is_described_by_name(client):
    found = client.get("/api/messages/SolverParameter").json()
    assert "base_lr" in {one["name"] for one in found["fields"]}


@pytest.mark.parametrize(
    "path", ["types/nets", "types/layers/CFCX", "types/gyms/../CFC", "messages/Nothing", "messages/.."]
)  # fmt: skip
def test_what_is_not_there(client, path):
    answer = client.get(f"/api/{path}")
    assert answer.status_code == 404 and answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "inner"),
    [
        ("solvers/AdamW", ("trainer", "blob_names")),
        ("trainers/RNN.SUPER_SIMPLE", ("blob_names", "x")),
    ],
)
def test_solvers_and_trainers_have_what_all_of_them_have(client, path, inner):
    answer = client.get(f"/api/types/{path}")
    fields = {one["name"]: one for one in answer.json()["common"]}
    assert inner[1] in {one["name"] for one in fields[inner[0]]["fields"]}
    # A net inside a solver is not unfolded: with every layer's settings it would be half a megabyte.
    assert len(answer.content) < 150_000
    assert "fields" not in fields.get("net_param", {})
