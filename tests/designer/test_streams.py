"""What pages are told while runs go on."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time

import pytest

from mycaffe_py.run import ask_run

from .conftest import TOKEN, until

pytestmark = pytest.mark.slow  # trainings and servers in processes of their own


@pytest.fixture
def terminal(sine):
    """Start a training as in a terminal; return the process and the folder that it will have."""
    started = []

    def run(*options, number="001"):
        command = [sys.executable, "-m", "mycaffe_py", "train", "--solver", "solver.prototxt",
                   "--device", "cpu", "--quiet", *options]  # fmt: skip
        process = subprocess.Popen(
            command, cwd=sine.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        started.append(process)
        return process, sine.runs / "LiquidNetCfc" / number

    yield run
    for process in started:
        process.kill()
        process.wait(10)


RUN = "Sine/LiquidNetCfc/001"


def states(stream):
    return [data["state"] for data in stream.of("run") if data["run"] == RUN]


def test_a_page_is_greeted_at_once(listen):
    stream = listen()
    assert until(lambda: stream.of("hello")) == [{"seq": 0}]


def test_a_training_of_a_terminal_appears_by_itself(listen, terminal):
    stream = listen()
    until(lambda: stream.of("hello"))
    process, folder = terminal("--iterations", "1000000")
    until(lambda: "running" in states(stream))
    first = stream.of("run")[0]
    assert first["project"] == "Sine" and first["id"] == "LiquidNetCfc/001"
    until(lambda: stream.of("run")[-1]["iteration"] > 0)
    ask_run(folder, "stop")
    until(lambda: states(stream)[-1] == "interrupted")
    assert process.wait(30) == 130


@pytest.mark.posix
def test_a_killed_training_is_said_to_be_lost(listen, terminal):
    stream = listen()
    process, _ = terminal("--iterations", "1000000")
    until(lambda: "running" in states(stream))
    process.kill()
    until(lambda: states(stream)[-1] == "lost")


def test_a_start_that_fails_is_told_to_the_page_that_watches_it(listen, desk, sine):
    stream = listen()
    until(lambda: stream.of("hello"))
    sine.solver.write_text(sine.solver.read_text().replace("SIN", "TAN"))
    desk.trainings.start(sine, "LiquidNetCfc", names_its_net=True, device="cpu")
    watching = listen(RUN)
    until(lambda: states(watching)[-1:] == ["failed"])
    assert all(data["id"] == "LiquidNetCfc/001" for data in watching.of("run"))
    assert "TAN" in watching.of("run")[-1]["message"]


@pytest.mark.posix
def test_a_killed_training_is_said_to_be_lost_on_its_own_page(listen, terminal):
    process, folder = terminal("--iterations", "1000000")
    until(lambda: (folder / "metrics.csv").is_file())
    watching = listen(RUN)
    until(lambda: watching.of("rows"))
    process.kill()
    until(lambda: states(watching)[-1] == "lost")


def test_rows_and_samples_come_as_they_are_written(listen, terminal):
    process, folder = terminal("--iterations", "1000000")
    until(lambda: (folder / "metrics.csv").is_file())
    stream = listen(RUN)
    until(lambda: len(stream.of("rows")) > 3 and len(stream.of("live")) > 3)
    rows = stream.of("rows")
    assert all(data["run"] == RUN for data in rows)
    numbers = [number for data in rows for number in data["iteration"]]
    assert numbers == sorted(set(numbers)) and all(
        len(data["loss"]) == len(data["iteration"]) for data in rows
    )
    # Nothing is left out between the batches of a run that is slow enough.
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    live = stream.of("live")
    assert live[0]["names"] == ["y"] and live[0]["tolerance"] == 0.005
    assert len(live[0]["prediction"][0]) == len(live[0]["iteration"])
    process.kill()


@pytest.mark.slow
def test_every_event_has_the_next_number(listen, terminal):
    terminal("--iterations", "1000000")
    stream = listen()
    until(lambda: "running" in states(stream))
    watching = listen(RUN)
    until(lambda: len(watching.found) > 10)
    for one in (stream, watching):
        assert [data["seq"] for _, data in one.found] == list(range(len(one.found)))


@pytest.mark.slow
def test_two_pages_see_the_same_rows(listen, terminal):
    terminal("--iterations", "1000000")
    stream = listen()
    until(lambda: "running" in states(stream))
    first, second = listen(RUN), listen(RUN)
    until(lambda: len(first.of("rows")) > 3 and len(second.of("rows")) > 3)

    def by_number(one):
        return {
            number: value
            for data in one.of("rows")
            for number, value in zip(data["iteration"], data["loss"], strict=True)
        }

    one, other = by_number(first), by_number(second)
    common = one.keys() & other.keys()
    assert common and all(one[number] == other[number] for number in common)


def test_a_page_that_does_not_read_holds_nobody_up(served, client, listen, terminal):
    terminal("--iterations", "1000000")
    stream = listen()
    until(lambda: "running" in states(stream))
    host, _, port = served.removeprefix("http://").partition(":")
    asleep = []
    for _ in range(3):
        one = socket.create_connection((host, int(port)))
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        path = f"/api/events?runs={RUN.replace('/', '%2F')}"
        head = (
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
        )
        one.sendall(head.encode())
        asleep.append(one)
    watching = listen(RUN)
    until(lambda: len(watching.of("rows")) > 10)
    assert client.get("/api/projects").status_code == 200
    for one in asleep:
        one.close()


def test_a_run_that_is_not_there_is_no_reason_to_be_silent(listen, client, sine):
    answer = client.get("/api/events?runs=Sine")
    assert answer.status_code == 400
    streams = [
        listen(run) for run in ("Sine/Net/999", "Nobody/Net/001", "../Net/001", "Sine/../001")
    ]
    until(lambda: all(stream.of("gone") for stream in streams))
    assert streams[0].of("gone")[0]["run"] == "Sine/Net/999"
    assert all(stream.of("gone")[0]["message"] for stream in streams)


def test_a_file_changed_by_an_editor_is_told(listen, client, sine):
    etag = client.get("/api/projects/Sine/files/solver").json()["etag"]
    stream = listen()
    until(lambda: stream.of("hello"))
    sine.solver.write_text(sine.solver.read_text() + "# more\n")
    told = until(lambda: stream.of("file"))[0]
    assert (told["project"], told["kind"]) == ("Sine", "solver") and told["etag"] != etag
    assert client.get("/api/projects/Sine/files/solver").json()["etag"] == told["etag"]


def test_a_file_saved_from_a_page_or_only_touched_is_not_told(listen, client, sine):
    file = client.get("/api/projects/Sine/files/model").json()
    stream = listen()
    saved = client.put(
        "/api/projects/Sine/files/model",
        json={"text": file["text"] + "# mine\n", "etag": file["etag"]},
    )
    assert saved.status_code == 200
    os.utime(sine.model)
    client.get("/api/projects/Sine/files/solver")
    sine.solver.write_text("# the next news\n" + sine.solver.read_text())
    until(lambda: stream.of("file"))
    assert [data["kind"] for data in stream.of("file")] == ["solver"]


def test_a_removed_file_has_no_mark_and_can_be_written_anew(listen, client, sine):
    file = client.get("/api/projects/Sine/files/model").json()
    stream = listen()
    until(lambda: stream.of("hello"))
    sine.model.unlink()
    assert until(lambda: stream.of("file"))[0]["etag"] is None
    text = {"text": file["text"]}
    refused = client.put("/api/projects/Sine/files/model", json=text | {"etag": file["etag"]})
    assert refused.status_code == 409 and not sine.model.exists()
    assert client.put("/api/projects/Sine/files/model", json=text).status_code == 200
    assert sine.model.read_text() == file["text"]


def test_a_page_that_comes_later_hears_what_has_just_happened(listen, terminal):
    stream = listen()
    until(lambda: stream.of("hello"))
    process, _ = terminal("--iterations", "3")
    until(lambda: states(stream)[-1:] == ["done"])
    late = listen()
    assert until(lambda: states(late)) == ["done"]
    process.wait(30)


def test_followers_are_dropped_when_nobody_looks(desk, train, monkeypatch):
    train("--iterations", "3")
    one = desk.streams.followed(RUN)
    assert desk.streams.followed(RUN) is one
    desk.streams._drop_unwanted()
    assert desk.streams.followed(RUN) is one
    one.wanted = time.monotonic() - 61
    one.viewers = 1
    desk.streams._drop_unwanted()
    assert desk.streams.followed(RUN) is one
    one.wanted, one.viewers = time.monotonic() - 61, 0
    desk.streams._drop_unwanted()
    assert desk.streams.followed(RUN) is not one


def test_reading_curves_takes_no_news_from_the_pages(desk, train):
    """Who asks for curves reads what is new; the next look still has to tell the pages of it."""
    train("--iterations", "3")
    one = desk.streams.followed(RUN)
    with one.read() as follower:
        assert follower.rows == 3
    assert one.changes().rows == 3
    assert not any(one.changes())


def test_hostile_names_stay_inside_their_event(listen, sine):
    """A line break in a message would begin an event of its own."""
    folder = sine.runs / "LiquidNetCfc" / "001"
    folder.mkdir(parents=True)
    record = {"status": "failed", "message": "a\n\nevent: run\ndata: {}\n\n", "started": "2026"}
    stream = listen()
    until(lambda: stream.of("hello"))
    (folder / "run.json").write_text(json.dumps(record))
    told = until(lambda: stream.of("run"))
    assert len(told) == 1 and told[0]["message"] == record["message"]


def test_a_run_in_the_place_of_a_removed_one_is_seen_from_its_start(listen, train):
    folder = train("--iterations", "30")
    stream = listen(RUN)
    until(lambda: stream.of("hello"))
    shutil.rmtree(folder)
    assert train("--iterations", "5") == folder
    until(lambda: stream.of("rows"))
    assert {k: v for k, v in stream.of("again")[-1].items() if k != "seq"} == {"run": RUN}
    assert [i for rows in stream.of("rows") for i in rows["iteration"]] == [1, 2, 3, 4, 5]
