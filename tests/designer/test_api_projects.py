"""The Designer itself, its projects, and what new ones are made of."""

from __future__ import annotations

import pytest
from mycaffe_plugins.designer.desk import Desk

from .conftest import TOKEN, Client, serving

pytestmark = pytest.mark.slow  # a server for each

GYM = {"type": "Curve", "settings": {}}
NEW = {"name": "Sine", "gym": GYM, "model": "LiquidNetCfc", "solver": "adamw"}


def test_about_says_what_there_is(client, root):
    found = client.get("/api/about").json()
    assert found["folder"].endswith("nets") and found["single"] is None
    assert found["devices"][0] == {"name": "cpu", "label": "CPU", "ok": True, "reason": ""}
    for device in found["devices"][1:]:
        assert device["ok"] or device["reason"]
    assert isinstance(found["extras"]["plot"], bool)
    assert {"name": "mycaffe_plugins.liquid", "error": None} in found["plugins"]
    assert {"name": "mycaffe_plugins.designer", "error": None} in found["plugins"]


def test_an_empty_folder_has_no_projects(client):
    assert client.get("/api/projects").json() == {"projects": []}


def test_a_new_project_is_made_listed_and_opened(client, root):
    answer = client.post("/api/projects", json=NEW)
    assert answer.status_code == 201
    assert answer.json()["name"] == "Sine" and answer.json()["url"] == "/p/Sine"
    assert (root / "Sine" / "solver.prototxt").is_file()
    [card] = client.get("/api/projects").json()["projects"]
    expected = {
        "name": "Sine", "model": "LiquidNetCfc", "solver": "AdamW", "gym": "Curve", "runs": 0,
        "state": None, "problem": None,
    }  # fmt: skip
    assert expected.items() <= card.items()
    page = client.get("/api/projects/Sine").json()
    assert page["model"] == {"file": "LiquidNetCfc.prototxt", "name": "LiquidNetCfc", "layers": 3}
    assert page["solver"]["type"] == "AdamW" and page["solver"]["trainer"] == "RNN.SUPER_SIMPLE"
    assert page["gym"]["type"] == "Curve" and page["runs"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "../out"}, "name"),
        ({"name": "a/b"}, "name"),
        ({"name": "a\\b"}, "name"),
        ({"name": "/tmp/x"}, "name"),
        ({"name": ".hidden"}, "name"),
        ({"name": "CON"}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": "<script>"}, "name"),
        ({"model": "Liquid"}, "model"),
        ({"model": "../../etc/passwd"}, "model"),
        ({"solver": "adam"}, "solver"),
        ({"gym": {"type": "Curves", "settings": {}}}, "gym"),
        ({"gym": {"type": "Curve", "settings": {"curve_param.curve": "TAN"}}}, "gym.curve_param.curve"),
        ({"gym": {"type": "Curve", "settings": {"curve_param.step": "x"}}}, "gym.curve_param.step"),
    ],
)  # fmt: skip
def test_mistakes_are_said_at_their_field(client, root, change, field):
    answer = client.post("/api/projects", json=NEW | change)
    assert answer.status_code == 422
    said = answer.json()
    assert field in said["errors"] and said["errors"][field] and said["error"]["message"]
    assert list(root.iterdir()) == []


def test_a_name_that_is_taken(client, sine):
    said = client.post("/api/projects", json=NEW).json()
    assert said["errors"] == {"name": "There is a folder Sine already."}


@pytest.mark.parametrize(
    "change",
    [
        {"name": 1}, {"name": None}, {"name": ["x"]}, {"name": "x" * 301}, {"model": {}}, {"gym": "Curve"},
        {"gym": {"type": 1}}, {"gym": {"type": "Curve", "settings": []}}, {"database": "x"},
        {"gym": {"type": "Curve", "settings": {"a": 1}}}, {"database": {"path": 1}},
    ],
)  # fmt: skip
def test_wrong_types_are_refused_in_words(client, root, change):
    answer = client.post("/api/projects", json=NEW | change)
    assert answer.status_code == 400 and answer.json()["error"]["message"]
    assert list(root.iterdir()) == []


def test_templates_and_gyms_are_offered(client):
    found = client.get("/api/templates").json()
    models = {one["name"]: one for one in found["models"]}
    assert models["LiquidNetCfc"]["layers"] == 3 and models["LiquidNetCfc"]["weights"] == 87617
    assert "Curve" in models["LiquidNetCfc"]["gyms"]
    assert {"adamw"} <= {one["name"] for one in found["solvers"]}
    [curve] = [one for one in found["gyms"] if one["type"] == "Curve"]
    assert len(curve["spark"]) == 60 and curve["doc"]
    assert "curve_param.curve" in {field["path"] for field in curve["fields"]}


def test_a_gym_draws_its_settings(client):
    body = {"gym": {"type": "Curve", "settings": {"curve_param.curve": "COS"}}}
    found = client.post("/api/templates/preview", json=body).json()
    assert len(found["x"]) == 500 == len(found["y"][0]) and len(found["names"]) == 1
    assert found["y"][0][0] == pytest.approx(1, abs=0.01)


def test_a_file_of_measurements_becomes_a_project_with_its_trainer(client, root):
    rows = [
        f"{year}-{month:02},{month % 5},1" for year in range(1980, 1990) for month in range(1, 13)
    ]
    (root / "sea.csv").write_text("\n".join(["month,height,width", *rows, ""]))
    [gym] = [one for one in client.get("/api/templates").json()["gyms"] if one["type"] == "Series"]
    assert (gym["model"], gym["solver"]) == ("SeriesCfc", "series")
    given = {"series_param.csv_file": "sea.csv", "series_param.horizon": "6"}
    given["series_param.value_column"] = "height"
    body = {"gym": {"type": "Series", "settings": given}}
    drawn = client.post("/api/templates/preview", json=body).json()
    assert (drawn["names"], drawn["dates"], len(drawn["x"])) == (["height"], True, 120)
    wanted = NEW | body | {"name": "Sea", "model": gym["model"], "solver": gym["solver"]}
    answer = client.post("/api/projects", json=wanted)
    assert answer.status_code < 300, answer.text
    text = (root / "Sea" / "solver.prototxt").read_text()
    for part in ('type: "SERIES"', "horizon: 6", 'value_column: "height"', "data/sea.csv"):
        assert part in text


def test_wrong_settings_are_not_drawn(client):
    body = {"gym": {"type": "Curve", "settings": {"curve_param.step": "fast"}}}
    answer = client.post("/api/templates/preview", json=body)
    assert answer.status_code == 422 and "gym.curve_param.step" in answer.json()["errors"]
    assert client.post("/api/templates/preview", json={}).status_code == 400


def test_a_project_that_cannot_be_opened_is_listed_with_its_problem(client, sine):
    (sine.folder / "project.json").write_text("{")
    [card] = client.get("/api/projects").json()["projects"]
    assert card["name"] == "Sine" and "project.json" in card["problem"]
    answer = client.get("/api/projects/Sine")
    assert answer.status_code == 422 and "project.json" in answer.json()["error"]["message"]


def test_a_project_with_mistakes_in_its_files_is_opened_all_the_same(client, sine):
    sine.model.write_text('name: "Broken" layer { name: "a" typo: 1 }')
    sine.solver.write_text('type: "AdamW" base_lr: x')
    page = client.get("/api/projects/Sine").json()
    assert page["model"]["file"] == "LiquidNetCfc.prototxt"


@pytest.mark.parametrize("name", ["Sin", "..", "%2e%2e", "..%2f..", "Sine%00", "%2fetc", "%5c.."])
def test_other_projects_are_not_there(client, sine, name):
    answer = client.get(f"/api/projects/{name}")
    assert answer.status_code == 404 and "root:" not in answer.text


def test_scripts_in_names_come_as_text(client, sine):
    text = sine.model.read_text().replace('"cfc1"', '"<script>alert(1)</script>"')
    sine.model.write_text(text)
    (sine.folder / "notes.md").write_text("<img src=x onerror=alert(1)>")
    answer = client.get("/api/projects/Sine")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["notes"] == "<img src=x onerror=alert(1)>"


def test_in_a_project_there_is_no_new_one(sine):
    desk = Desk(sine.folder)
    with serving(desk) as url:
        client = Client(url, authorization=f"Bearer {TOKEN}")
        assert client.get("/api/about").json()["single"] == "Sine"
        assert client.post("/api/projects", json=NEW).status_code == 409
        assert client.get("/api/projects/Sine").json()["name"] == "Sine"
    desk.close()


def test_the_page_is_the_same_at_every_address(client):
    pages = [client.get(path) for path in ("/", "/p/Sine/model", "/p/x/runs/Net/003")]
    assert len({page.content for page in pages}) == 1
    assert pages[0].headers["content-type"].startswith("text/html")
    assert b"<script>" not in pages[0].content and b"style=" not in pages[0].content


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd",
     "/static/..%5capp.py", "/static", "/static/vendor", "/nothing", "/api", "/api/nothing"],
)  # fmt: skip
def test_nothing_else_is_served(client, path):
    answer = client.get(path)
    assert answer.status_code in (404, 405)
    assert b"import" not in answer.content and b"root:" not in answer.content


def test_methods_that_an_address_does_not_have(client, sine):
    answer = client.post("/api/about", json={})
    assert answer.status_code == 405 and answer.json()["error"]["message"]


def test_a_bug_is_said_without_its_traceback(client, desk, monkeypatch, capsys):
    def fail():
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(desk, "about", fail)
    answer = client.get("/api/about")
    assert answer.status_code == 500 and answer.json()["error"]["code"] == "E000"
    assert "secret" not in answer.text and "Traceback" not in answer.text
    assert "secret" in capsys.readouterr().err


def test_a_browser_comes_in_by_the_address_and_stays_by_the_cookie(served):
    client = Client(served)
    assert client.get("/api/projects").status_code == 401
    answer = client.get(f"/p/Sine?layer=a&token={TOKEN}")
    assert answer.status_code == 303 and answer.headers["location"] == "/p/Sine?layer=a"
    cookie = answer.headers["set-cookie"].partition(";")[0]
    assert client.get("/api/projects", headers={"cookie": cookie}).json() == {"projects": []}


def test_notes_of_a_project_behind_a_link_are_not_shown(client, sine, tmp_path):
    (tmp_path / "secret").write_text("a secret")
    sine.notes.symlink_to(tmp_path / "secret")
    assert "a secret" not in client.get("/api/projects/Sine").text
