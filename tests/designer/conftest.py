from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import socket
import subprocess
import sys
import threading
import time

import pytest

from mycaffe_py.projects import create_project, open_project

TOKEN = "a-token-of-tests"


@pytest.fixture(autouse=True)
def _sketches(sketches):
    """Nothing is painted but where a test takes ``painted``."""


@pytest.fixture
def root(tmp_path):
    """An empty folder for projects."""
    folder = tmp_path / "nets"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def small_project(tmp_path_factory, registry):
    """The folder of a project with the shipped net, made small; copied by tests."""
    root = tmp_path_factory.mktemp("projects")
    project = create_project(
        root, "Sine", gym="Curve", model="LiquidNetCfc", solver="adamw", registry=registry
    )
    text = project.model.read_text()
    small = text.replace("hidden_size: 256", "hidden_size: 4")
    small = small.replace("backbone_units: 64", "backbone_units: 4")
    assert small != text
    project.model.write_text(small)
    return project.folder


@pytest.fixture(scope="session")
def trained_project(small_project, tmp_path_factory):
    """The folder of the same project after 40 updates with seed 7; copied by tests."""
    folder = tmp_path_factory.mktemp("trained") / "Sine"
    shutil.copytree(small_project, folder)
    command = [sys.executable, "-m", "mycaffe_py", "train", "--solver", "solver.prototxt",
               "--device", "cpu", "--quiet", "--iterations", "40", "--seed", "7"]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    for picture in folder.rglob("*.png"):
        picture.unlink()
    return folder


@pytest.fixture
def sine(root, small_project):
    """A project that has not been trained."""
    shutil.copytree(small_project, root / "Sine")
    return open_project(root / "Sine")


@pytest.fixture
def run(root, trained_project):
    """The folder of a finished run of 40 updates, in a project."""
    shutil.copytree(trained_project, root / "Sine")
    return root / "Sine" / "runs" / "LiquidNetCfc" / "001"


@pytest.fixture
def train(root, small_project, monkeypatch):
    """Train the project in this process; return the run folder."""
    from click.testing import CliRunner

    from mycaffe_py.cli.app import app

    if not (root / "Sine").exists():
        shutil.copytree(small_project, root / "Sine")

    def train(*options):
        monkeypatch.chdir(root / "Sine")
        arguments = ["train", "--solver", "solver.prototxt", "--device", "cpu", "--quiet", *options]
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == 0, result.output
        return root / "Sine" / result.stdout.strip()

    return train


class Shared:
    """A worker that does not end with the desk that uses it: to start one takes longer than most tests."""

    def __init__(self):
        from mycaffe_plugins.designer.worker import Worker

        self.worker = Worker()
        self.call = self.worker.call

    def close(self):
        pass


@pytest.fixture(scope="session")
def worker():
    shared = Shared()
    yield shared
    shared.worker.close()


@pytest.fixture
def desk(root, worker):
    from mycaffe_plugins.designer.desk import Desk

    found = Desk(root)
    found.worker, found.warm_up = worker, lambda: None
    yield found
    end_trainings(found)
    found.close()


class Answer:
    """An answer as it came."""

    def __init__(self, found):
        self.status_code, self.content = found.status, found.read()
        self.headers = {name.lower(): value for name, value in found.getheaders()}

    @property
    def text(self):
        return self.content.decode()

    def json(self):
        return json.loads(self.content)


class Client:
    """Sends requests just as they are given, one connection each."""

    def __init__(self, url, **headers):
        self.place, self.headers = url.removeprefix("http://"), headers

    def send(self, method, path, body=None, headers=()):
        connection = http.client.HTTPConnection(self.place, timeout=60)
        try:
            connection.request(method, path, body, {**self.headers, **dict(headers)})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, headers=()):
        return self.send("GET", path, None, headers)

    def post(self, path, json=None, headers=()):
        return self._change("POST", path, json, headers)

    def put(self, path, json=None, headers=()):
        return self._change("PUT", path, json, headers)

    def _change(self, method, path, value, headers):
        body = value if isinstance(value, bytes) else json.dumps(value)
        return self.send(method, path, body, {"content-type": "application/json"} | dict(headers))


@contextlib.contextmanager
def serving(desk):
    """Serve a desk in a thread; yields the address."""
    import uvicorn
    from mycaffe_plugins.designer.app import create_app
    from mycaffe_plugins.designer.guard import Guard

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        guarded = Guard(create_app(desk), token=TOKEN, port=port)
        config = uvicorn.Config(
            guarded, log_config=None, lifespan="on", ws="none", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        until(lambda: server.started)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            desk.streams.end()
            server.should_exit = True
            thread.join(20)


@pytest.fixture
def served(desk):
    """The address of a server in a thread."""
    with serving(desk) as url:
        yield url


@pytest.fixture
def client(served):
    """A client that knows the token."""
    return Client(served, authorization=f"Bearer {TOKEN}")


@pytest.fixture
def designer():
    """Start the Designer; return the process and its address."""
    started = []

    def start(folder, *options, cwd=None):
        command = [sys.executable, "-m", "mycaffe_py", "designer", str(folder), "--no-browser",
                   "--port", "0", *options]  # fmt: skip
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd
        )
        started.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()


def opened(url):
    """Open the address as a browser does; return a client with the cookie."""
    place, _, query = url.partition("/?")
    answer = Client(place).get(f"/?{query}")
    assert answer.status_code == 303 and answer.headers["location"] == "/"
    return Client(place, cookie=answer.headers["set-cookie"].partition(";")[0])


class Events:
    """The events of a stream as they come, read in a thread."""

    def __init__(self, url, *runs):
        import urllib.parse
        import urllib.request

        names = ",".join(urllib.parse.quote(run, safe="") for run in runs)
        request = urllib.request.Request(
            f"{url}/api/events?runs={names}", headers={"authorization": f"Bearer {TOKEN}"}
        )
        self.answer = urllib.request.urlopen(request, timeout=30)
        self.found = []
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        kind = None
        with contextlib.suppress(OSError, ValueError, AttributeError):
            for raw in self.answer:
                line = raw.decode().rstrip("\n")
                if line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("data: "):
                    self.found.append((kind, json.loads(line[6:])))

    def __repr__(self):
        told = [(kind, data.get("run"), data.get("state")) for kind, data in self.found]
        return f"Events, listening: {self.thread.is_alive()}, {told}"

    def of(self, kind):
        return [data for one, data in list(self.found) if one == kind]

    def close(self):
        with contextlib.suppress(Exception):
            self.answer.fp.raw._sock.shutdown(socket.SHUT_RDWR)
        self.thread.join(5)
        self.answer.close()


@pytest.fixture
def listen(served):
    """Function that opens a stream of events."""
    opened = []

    def start(*runs):
        opened.append(Events(served, *runs))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def until(true, seconds=30.0):
    """Wait until a condition holds; return its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = true()
        if value:
            return value
        time.sleep(0.02)
    held = {
        name: cell.cell_contents
        for name, cell in zip(true.__code__.co_freevars, true.__closure__ or (), strict=True)
    }
    raise AssertionError(f"it did not become true: {held!r:.2000}")


def end_trainings(desk):
    for begun in list(desk.trainings._starts.values()):
        begun.process.kill()
    desk.trainings.wait(10)
