"""Runs over the server: starting, following, stopping, files, notes, jobs."""

from __future__ import annotations

import json

import pytest

from .conftest import until

pytestmark = pytest.mark.slow  # trainings in processes of their own

RUNS = "/api/projects/Sine/runs"
FIRST = f"{RUNS}/LiquidNetCfc/001"


def test_without_runs_the_list_is_empty(client, sine):
    assert client.get(RUNS).json() == {"runs": []}


def test_a_run_of_the_terminal_needs_no_import(client, run):
    [found] = client.get(RUNS).json()["runs"]
    expected = {
        "id": "LiquidNetCfc/001", "net": "LiquidNetCfc", "number": "001", "state": "done",
        "iteration": 40, "max_iter": 40, "seed": 7, "device": "cpu", "message": "",
        "resumed_from": None, "trainer": "RNN.SUPER_SIMPLE", "gym": "Curve",
    }  # fmt: skip
    assert expected.items() <= found.items()
    assert found["figures"]["loss"] > 0 and found["started"] <= found["ended"]


def test_the_page_of_a_run_has_all_about_it(client, run):
    page = client.get(FIRST).json()
    assert {"loss", "accuracy", "baseline_accuracy", "lr"} <= set(page["names"])
    assert "iteration" not in page["names"]
    files = {one["name"]: one["size"] for one in page["files"]}
    assert files["metrics.csv"] == (run / "metrics.csv").stat().st_size
    assert page["notes"] == {"text": "", "etag": None} and page["problem"] is None
    assert page["settings"]["cfc1.cfc_param.hidden_size"] == "4"
    assert page["command"] and page["versions"]["numpy"]
    assert page["snapshots"][-1]["iteration"] == 40 and page["output"] is None


def test_curves_are_blocks(client, run):
    found = client.get(f"{FIRST}/curves?names=loss,accuracy&most=10").json()
    assert found["block"] == 4 and found["iteration"][-1] == 40 and len(found["iteration"]) == 10
    lines = (run / "metrics.csv").read_text().splitlines()
    column = lines[0].split(",").index("loss")
    losses = [float(line.split(",")[column]) for line in lines[1:]]
    assert found["loss"]["max"][0] == max(losses[:4])
    assert found["loss"]["mean"][-1] == pytest.approx(sum(losses[-4:]) / 4)
    part = client.get(f"{FIRST}/curves?names=loss&from=11&to=20").json()
    assert part["block"] == 1 and part["iteration"] == list(range(11, 21))


@pytest.mark.parametrize("query", ["most=0", "most=x", "most=1e9", "from=a", "names=nothing"])
def test_curves_that_make_no_sense(client, run, query):
    answer = client.get(f"{FIRST}/curves?{query}")
    assert answer.status_code in (400, 422) and answer.json()["error"]["message"]


def test_samples_tests_and_pictures(client, run):
    live = client.get(f"{FIRST}/live?last=5").json()
    assert live["names"] == ["y"] and live["iteration"] == [36, 37, 38, 39, 40]
    assert len(live["target"][0]) == 5 == len(live["prediction"][0])
    assert client.get(f"{FIRST}/tests").json() == {}
    assert client.get(f"{FIRST}/frame.png").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["LiquidNetCfc/002", "LiquidNetCfc/1", "Other/001", "%2e%2e/001", "LiquidNetCfc/%2e%2e",
     "LiquidNetCfc/x", "..%2fruns/001", "LiquidNetCfc%2f001/001"],
)  # fmt: skip
def test_other_runs_are_not_there(client, run, path):
    for rest in ("", "/curves", "/live", "/notes", "/files/run.json"):
        assert client.get(f"{RUNS}/{path}{rest}").status_code == 404


def test_notes_are_kept_with_the_run(client, run):
    text = "# <script>alert(1)</script>\r\nbest so far"
    saved = client.put(f"{FIRST}/notes", json={"text": text, "etag": None})
    assert saved.status_code == 200 and (run / "notes.md").read_bytes() == text.encode()
    page = client.get(FIRST)
    assert page.json()["notes"] == {"text": text, "etag": saved.json()["etag"]}
    assert page.headers["content-type"] == "application/json"
    assert client.put(f"{FIRST}/notes", json={"text": "x", "etag": None}).status_code == 409


def test_notes_behind_a_link_are_neither_read_nor_written(client, run, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (run / "notes.md").symlink_to(secret)
    assert client.get(f"{FIRST}/notes").status_code == 403
    assert client.put(f"{FIRST}/notes", json={"text": "x", "etag": None}).status_code == 403
    assert secret.read_text() == "secret"


@pytest.mark.parametrize("name", ["output.txt", "solver.prototxt"])
def test_what_a_link_leads_to_is_not_shown(client, run, tmp_path, name):
    secret = tmp_path / "secret"
    secret.write_text("# a secret")
    (run / name).unlink(missing_ok=True)
    (run / name).symlink_to(secret)
    assert "a secret" not in client.get(FIRST).text
    report = client.get(f"/api/projects/Sine/report?runs={FIRST.rpartition('/runs/')[2]}")
    assert "a secret" not in report.text


def test_files_are_downloads(client, run):
    answer = client.get(f"{FIRST}/files/metrics.csv")
    assert answer.content == (run / "metrics.csv").read_bytes()
    assert answer.headers["content-disposition"] == 'attachment; filename="metrics.csv"'
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_page_among_the_files_is_never_shown_as_one(client, run):
    for name in ("evil.html", "evil.svg", "evil.js", "metrics.csv"):
        (run / name).write_text("<script>alert(1)</script>")
        answer = client.get(f"{FIRST}/files/{name}?inline=1")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")


def test_a_picture_may_be_looked_at(client, run):
    (run / "curve.png").write_bytes(b"\x89PNG")
    answer = client.get(f"{FIRST}/files/curve.png?inline=1")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].startswith("inline")
    assert client.get(f"{FIRST}/files/curve.png").headers["content-disposition"].startswith("att")


@pytest.mark.parametrize(
    "name",
    ["..%2f..%2f..%2fsolver.prototxt", "%2e%2e", ".", "", "gone", "run.json%00", "folder", "link",
     ".hidden", "/etc/passwd", "..%5crun.json"],
)  # fmt: skip
def test_only_the_files_of_the_run_are_given(client, run, name, tmp_path):
    (tmp_path / "secret").write_text("secret")
    (run / "link").symlink_to(tmp_path / "secret")
    (run / "folder").mkdir()
    (run / ".hidden").write_text("x")
    answer = client.get(f"{FIRST}/files/{name}")
    assert answer.status_code in (403, 404) and '"secret"' not in answer.text
    assert {"link", "folder", ".hidden"}.isdisjoint(
        one["name"] for one in client.get(FIRST).json()["files"]
    )


def test_a_training_is_started_stopped_and_resumed(client, sine, listen):
    stream = listen()
    answer = client.post(RUNS, json={"device": "cpu", "seed": 1, "iterations": 1_000_000})
    assert answer.status_code == 202
    started = answer.json()
    assert started["run"] == "LiquidNetCfc/001"
    assert started["command"][:2] == ["mycaffe", "train"] and "--seed" in started["command"]

    def last(run):
        return next((one for one in reversed(stream.of("run")) if one["id"] == run), {})

    until(lambda: last("LiquidNetCfc/001").get("state") == "running")
    watching = listen("Sine/LiquidNetCfc/001")
    until(lambda: watching.of("rows") and watching.of("live"))
    assert client.post(f"{FIRST}/ask", json={"what": "stop"}).status_code == 202
    until(lambda: last("LiquidNetCfc/001").get("state") == "interrupted")
    stopped = client.get(FIRST).json()
    assert stopped["snapshots"][-1]["iteration"] == stopped["iteration"]

    again = {"device": "cpu", "iterations": stopped["iteration"] + 5, "resume": "LiquidNetCfc/001"}
    assert client.post(RUNS, json=again).json()["run"] == "LiquidNetCfc/002"
    until(lambda: last("LiquidNetCfc/002").get("state") == "done")
    resumed = client.get(f"{RUNS}/LiquidNetCfc/002").json()
    assert resumed["resumed_from"] == "LiquidNetCfc/001"
    assert resumed["iteration"] == stopped["iteration"] + 5
    assert "Optimization Done" in resumed["output"]


def test_a_training_begins_with_the_weights_of_a_run(client, run):
    answer = client.post(
        RUNS, json={"device": "cpu", "iterations": 2, "weights": "LiquidNetCfc/001"}
    )
    assert answer.status_code == 202
    assert answer.json()["command"][-1].endswith("best.caffemodel")
    until(lambda: client.get(f"{RUNS}/LiquidNetCfc/002").json()["state"] == "done")


def test_files_with_mistakes_are_not_trained(client, sine):
    sine.model.write_text(sine.model.read_text().replace("hidden_size: 4", "hidden_size: -3"))
    sine.solver.write_text(sine.solver.read_text().replace("SIN", "TAN"))
    answer = client.post(RUNS, json={"device": "cpu"})
    assert answer.status_code == 422
    problems = answer.json()["problems"]
    assert [problem["kind"] for problem in problems] == ["model", "solver"]
    assert all(problem["line"] and problem["message"] for problem in problems)
    assert answer.json()["error"]["message"] and client.get(RUNS).json() == {"runs": []}


def test_a_mistake_in_the_model_is_told_once(client, sine):
    """The check of a solver reads the model too."""
    sine.model.write_text(sine.model.read_text().replace("hidden_size: 4", "hidden_size: -3"))
    (problem,) = client.post(RUNS, json={"device": "cpu"}).json()["problems"]
    assert problem["kind"] == "model" and problem["layer"] == "cfc1"


def test_a_training_that_fails_shows_where(client, sine):
    """Data that cannot be read are found only when the training begins."""
    text = sine.solver.read_text()
    sine.solver.write_text(text.replace("max_iter: 4000", "snapshot_format: HDF5 max_iter: 4000"))
    sine.solver.write_text(sine.solver.read_text().replace("base_lr: 0.01\n", ""))
    answer = client.post(RUNS, json={"device": "cpu"})
    if answer.status_code == 422:
        pytest.fail(f"found beforehand: {answer.text}")
    page = until(lambda: (one := client.get(FIRST).json())["state"] == "failed" and one)
    assert "base_lr" in page["message"] and page["problem"]["message"] in page["message"]
    assert "error[" in page["output"] and page["problem"]["hint"]


@pytest.mark.parametrize(
    "body",
    [
        {"device": "tpu"}, {"device": "gpu:x"}, {"device": 1}, {"device": "--help"}, {"seed": -1},
        {"seed": 1.5}, {"seed": "1"}, {"iterations": 0}, {"iterations": 2**31}, {"resume": 5},
        {"resume": "a/1", "weights": "a/1"},
    ],
)  # fmt: skip
def test_starts_that_make_no_sense(client, sine, body):
    answer = client.post(RUNS, json=body)
    assert answer.status_code == 400 and answer.json()["error"]["message"]
    assert not (sine.runs / "LiquidNetCfc").exists()


@pytest.mark.parametrize("name", ["LiquidNetCfc/009", "../../secret/001", "x", "--help/001"])
@pytest.mark.parametrize("what", ["resume", "weights"])
def test_only_runs_of_the_project_are_gone_on_from(client, sine, what, name):
    assert client.post(RUNS, json={"device": "cpu", what: name}).status_code == 404


def test_a_run_that_has_ended_cannot_be_asked(client, run):
    answer = client.post(f"{FIRST}/ask", json={"what": "stop"})
    assert answer.status_code == 422 and "done" in answer.json()["error"]["message"]
    assert not (run / "stop").exists()
    assert client.post(f"{FIRST}/ask", json={"what": "reboot"}).status_code == 400


def job(client, path, body, stream):
    answer = client.post(f"{FIRST}/{path}", json=body)
    assert answer.status_code == 202
    name = answer.json()["job"]
    told = until(lambda: [one for one in stream.of("job") if one["job"] == name])[-1]
    found = client.get(f"/api/jobs/{name}").json()
    assert found.items() <= told.items()
    return found


def test_frozen_weights_are_tested(client, run, listen):
    stream = listen()
    found = job(client, "test", {"iterations": 5}, stream)
    assert found["state"] == "done" and found["figures"]["iterations"] == 5
    assert found["figures"]["loss"] > 0 and found["command"][:2] == ["mycaffe", "test"]


def test_a_forecast_is_made_and_can_be_downloaded(client, run, listen):
    stream = listen()
    found = job(client, "forecast", {"steps": 4}, stream)
    assert found["state"] == "done" and "forecast.csv" in found["files"], found
    assert len(found["figures"]["rows"]) == 4
    lines = client.get(f"{FIRST}/files/forecast.csv").text.splitlines()
    assert len(lines) == 5


def test_a_job_that_fails_says_why(client, run, listen):
    stream = listen()
    found = job(client, "explain", {"layer": "--version"}, stream)
    assert found["state"] == "failed" and 'no layer "--version"' in found["problem"]["message"]


@pytest.mark.parametrize(
    ("path", "body"),
    [("test", {"iterations": 0}), ("test", {"iterations": "5"}), ("forecast", {"steps": 10**9}),
     ("explain", {"layer": 1})],
)  # fmt: skip
def test_jobs_that_make_no_sense(client, run, path, body):
    assert client.post(f"{FIRST}/{path}", json=body).status_code == 400


def test_other_jobs_are_not_there(client):
    assert client.get("/api/jobs/123").status_code == 404


def test_what_differs_between_runs(client, run, train):
    train("--iterations", 2, "--seed", 8)
    found = client.get("/api/projects/Sine/compare?runs=LiquidNetCfc/001,LiquidNetCfc/002").json()
    assert {"path": "seed", "values": ["7", "8"]} in found["differs"]
    assert {"path": "solver.max_iter", "values": ["40", "2"]} in found["differs"]


@pytest.mark.parametrize(
    "runs", ["", "LiquidNetCfc/009", "../001", ",".join(["LiquidNetCfc/001"] * 31)]
)
def test_comparisons_that_make_no_sense(client, run, runs):
    assert client.get(f"/api/projects/Sine/compare?runs={runs}").status_code in (400, 404)


def test_cells_and_names_of_a_hostile_run_come_as_text(client, run):
    lines = (run / "metrics.csv").read_text().splitlines()
    lines[0] += ",<script>alert(1)</script>"
    lines[1:] = [f"{line},0" for line in lines[1:]]
    (run / "metrics.csv").write_text("\n".join(lines) + "\n")
    record = json.loads((run / "run.json").read_text())
    record["message"] = "</script><script>alert(1)</script>"
    (run / "run.json").write_text(json.dumps(record))
    page = client.get(FIRST)
    assert page.headers["content-type"] == "application/json"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.json()["names"][-1] == "<script>alert(1)</script>"
    assert page.json()["message"] == record["message"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"status": 5}', '{"status": "running", "snapshots": 7}', "\x00"],
)
def test_a_broken_record_breaks_nothing_else(client, run, train, text):
    (run / "run.json").write_text(text)
    train("--iterations", 2)
    found = client.get(RUNS)
    assert found.status_code == 200
    assert "LiquidNetCfc/002" in {one["id"] for one in found.json()["runs"]}
    assert client.get(FIRST).status_code in (200, 404)
    assert client.get("/api/projects").status_code == 200
