"""A project's two files over the server: text, saving, what is seen, edits."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.slow  # a server and a worker for each

FILES = "/api/projects/Sine/files"


def test_a_file_is_read_saved_and_read_again(client, sine):
    file = client.get(f"{FILES}/solver").json()
    assert file["name"] == "solver.prototxt" and not file["readonly"]
    assert file["text"].encode() == sine.solver.read_bytes()
    text = file["text"].replace("0.01", "0.02")
    saved = client.put(f"{FILES}/solver", json={"text": text, "etag": file["etag"]})
    assert saved.status_code == 200
    assert sine.solver.read_bytes() == text.encode()
    assert client.get(f"{FILES}/solver").json()["etag"] == saved.json()["etag"] != file["etag"]


def test_line_ends_and_byte_order_mark_stay(client, sine):
    data = b"\xef\xbb\xbf" + sine.model.read_bytes().replace(b"\n", b"\r\n")
    sine.model.write_bytes(data)
    file = client.get(f"{FILES}/model").json()
    assert file["bom"] and file["text"].startswith("\ufeff") and "\r\n" in file["text"]
    edited = client.post(
        "/api/projects/Sine/edit",
        json={"kind": "model", "text": file["text"],
              "do": {"op": "set", "path": ["layer", 1, "cfc_param", "hidden_size"], "value": "8"}},
    ).json()  # fmt: skip
    client.put(f"{FILES}/model", json={"text": edited["text"], "etag": file["etag"]})
    assert sine.model.read_bytes() == data.replace(b"hidden_size: 4", b"hidden_size: 8")


def test_a_conflict_brings_the_other_text(client, sine):
    file = client.get(f"{FILES}/solver").json()
    sine.solver.write_text("# theirs")
    answer = client.put(f"{FILES}/solver", json={"text": "# mine", "etag": file["etag"]})
    assert answer.status_code == 409 and answer.json()["text"] == "# theirs"
    assert sine.solver.read_text() == "# theirs"
    again = client.put(f"{FILES}/solver", json={"text": "# mine", "etag": answer.json()["etag"]})
    assert again.status_code == 200 and sine.solver.read_text() == "# mine"


def test_a_read_only_file_is_not_saved(client, sine):
    sine.solver.chmod(0o444)
    file = client.get(f"{FILES}/solver").json()
    assert file["readonly"]
    answer = client.put(f"{FILES}/solver", json={"text": "x", "etag": file["etag"]})
    assert answer.status_code == 403 and "read-only" in answer.json()["error"]["message"]


@pytest.mark.parametrize("kind", ["model", "solver"])
def test_a_link_out_of_the_project_is_neither_read_nor_written(client, sine, tmp_path, kind):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    path = getattr(sine, kind)
    text = path.read_text()
    path.unlink()
    path.symlink_to(secret)
    for answer in (
        client.get(f"{FILES}/{kind}"),
        client.put(f"{FILES}/{kind}", json={"text": text, "etag": None}),
    ):
        assert answer.status_code in (403, 422) and '"secret"' not in answer.text
    assert secret.read_text() == "secret"


@pytest.mark.parametrize(
    "name", ["project.json", "..%2f..%2fsecret", "%2e%2e", "Model", "model%00", "/etc/passwd"]
)
def test_other_files_are_not_there(client, sine, name):
    assert client.get(f"{FILES}/{name}").status_code == 404
    assert client.put(f"{FILES}/{name}", json={"text": "", "etag": None}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"text": 1, "etag": None}, {"text": ["a"]}, {"text": "a", "etag": 1}, {"etag": "x"}],
)
def test_what_is_saved_is_a_text(client, sine, body):
    before = sine.solver.read_bytes()
    assert client.put(f"{FILES}/solver", json=body).status_code == 400
    assert sine.solver.read_bytes() == before


def look(client, text, kind="model", **more):
    return client.post("/api/projects/Sine/look", json={"kind": kind, "text": text} | more)


def test_a_sound_net_is_seen_whole(client, sine):
    seen = look(client, sine.model.read_text(), phase="TRAIN").json()
    assert seen["problems"] == [] and seen["net"]["name"] == "LiquidNetCfc"
    assert {card["name"] for card in seen["graph"]["cards"]} == {"data", "cfc1", "loss"}
    assert seen["fields"]["layer.1.cfc_param.hidden_size"]["text"] == "4"


def test_a_mistake_is_told_with_its_place(client, sine):
    text = sine.model.read_text().replace("hidden_size: 4", "hidden_size: -3")
    [problem] = look(client, text).json()["problems"]
    assert (
        problem["path"] == ["layer", 1, "cfc_param", "hidden_size"] and problem["layer"] == "cfc1"
    )
    assert text.splitlines()[problem["line"] - 1].strip() == "hidden_size: -3"


def test_a_solver_is_seen(client, sine):
    seen = look(client, sine.solver.read_text(), "solver").json()
    assert seen["type"] == "AdamW" and seen["trainer"]["gym"] == "Curve"
    assert "momentum2" in seen["uses"] and len(seen["rate"]["lr"]) > 1


HOSTILE = {
    "deep blocks": "layer { " * 5000 + "}" * 5000,
    "unclosed": "layer {" * 3000,
    "no end of a string": 'name: "',
    "a control character": 'name: "\x00\x01"',
    "scripts": 'name: "<script>alert(1)</script>" layer { name: "<img src=x onerror=alert(1)>" type: "ReLU" }',
    "a huge layer": 'layer { name: "a" type: "Input" top: "x" input_param { shape { dim: 2000000000 } } }',
    "nothing": "",
    "no prototxt": "\x7fELF" * 1000,
    "a long line": "a" * 1_900_000,
    "many mistakes": "x: 1\n" * 20_000,
}  # fmt: skip


@pytest.mark.parametrize("kind", ["model", "solver"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_answered_in_words(client, sine, text, kind):
    answer = look(client, text, kind)
    assert answer.status_code in (200, 422), answer.text
    assert answer.headers["content-type"] == "application/json"
    assert "E000" not in answer.text and "Traceback" not in answer.text
    # The next text is looked at as if nothing had been.
    assert look(client, sine.solver.read_text(), "solver").json()["problems"] == []


def test_ten_megabytes_are_refused_unread(client, sine):
    answer = look(client, "#" * 10_000_000)
    assert answer.status_code == 413 and "2 MB" in answer.json()["error"]["message"]


def test_a_file_of_ten_megabytes_is_not_opened(client, sine):
    sine.model.write_bytes(b"# " + b"x" * 10_000_000)
    answer = client.get(f"{FILES}/model")
    assert answer.status_code == 422 and "2 MB" in answer.json()["error"]["message"]
    assert client.get("/api/projects").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {}, {"kind": "net", "text": ""}, {"kind": "model"}, {"kind": "model", "text": 1},
        {"kind": "model", "text": "", "phase": "train"}, {"kind": ["model"], "text": ""},
    ],
)  # fmt: skip
def test_what_is_looked_at_is_named_rightly(client, sine, body):
    assert client.post("/api/projects/Sine/look", json=body).status_code == 400


def edit(client, text, do, kind="model"):
    return client.post("/api/projects/Sine/edit", json={"kind": kind, "text": text, "do": do})


def test_an_edit_changes_its_span_alone(client, sine):
    text = sine.model.read_text()
    change = {"op": "set", "path": ["layer", 1, "cfc_param", "hidden_size"], "value": "64"}
    found = edit(client, text, change).json()
    assert found["text"] == text.replace("hidden_size: 4", "hidden_size: 64")
    start, end = found["span"]
    assert found["text"][:start] == text[:start] and "64" in found["text"][start:end]
    assert found["problems"] == [] and found["graph"]["cards"]
    assert sine.model.read_text() == text


def test_several_edits_are_made_together_or_not_at_all(client, sine):
    text = sine.model.read_text()
    good = {"op": "rename_layer", "index": 1, "name": "liquid"}
    assert '"liquid"' in edit(client, text, [good, good]).json()["text"]
    answer = edit(client, text, [good, {"op": "remove_layer", "index": 99}])
    assert answer.status_code == 422 and answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "do",
    [
        None, [], 1, "set", [1], {}, {"op": "fly"}, {"op": "set"}, {"op": "set", "path": "layer", "value": "1"},
        {"op": "set", "path": [], "value": "1"}, {"op": "set", "path": [["layer"]], "value": "1"},
        {"op": "set", "path": ["layer", 1, "type"], "value": 1},
        {"op": "set", "path": ["layer", -1, "name"], "value": "x"},
        {"op": "set", "path": ["layer", 10**30, "name"], "value": "x"}, {"op": "remove_layer", "index": "1"},
        {"op": "remove_layer"}, {"op": "connect", "index": 1, "slot": "side", "blob": "x"}, {"op": "text", "text": 1},
        {"op": "set", "path": ["layer"] * 1000, "value": "x"},
    ],
    ids=lambda do: json.dumps(do)[:60],
)  # fmt: skip
def test_edits_that_make_no_sense_are_refused_in_words(client, sine, do):
    answer = edit(client, sine.model.read_text(), do)
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["error"]["message"] and "E000" not in answer.text


def test_values_cannot_break_out_of_their_field(client, sine):
    text = sine.model.read_text()
    value = '" } layer { name: "evil'
    found = edit(client, text, {"op": "set", "path": ["layer", 1, "name"], "value": value}).json()
    assert len(found["layers"]) == 3 and found["layers"][1]["name"] == value


def test_malformed_bodies_are_refused(client, sine):
    for body in (b"{", b"[]", b'{"kind": NaN}', b"{" * 100_000, b"\xff"):
        answer = client.post("/api/projects/Sine/look", json=body)
        assert answer.status_code == 400 and answer.json()["error"]["message"]
