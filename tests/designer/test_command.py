"""The verb ``mycaffe designer``, as a process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner
from mycaffe_plugins.designer.serving import _names, _shown, listen

from mycaffe_py.cli.app import app
from mycaffe_py.errors import ConfigError
from mycaffe_py.run import ask_run

from .conftest import Client, opened, until

pytestmark = pytest.mark.slow  # servers in processes of their own


def test_the_first_line_is_the_address_of_a_server_that_answers(designer, root):
    process, url = designer(root)
    assert url.startswith("http://127.0.0.1:") and "/?token=" in url
    client = opened(url)
    page = client.get("/")
    assert page.status_code == 200 and b"MyCaffe Designer" in page.content
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert client.get("/static/main.js").status_code == 200
    assert client.get("/api/projects").json() == {"projects": []}
    assert Client(url.partition("/?")[0]).get("/").status_code == 401


@pytest.mark.posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_at_once_with_0_and_trainings_go_on(designer, sine, number):
    process, url = designer(sine.folder)
    client = opened(url)
    answer = client.post("/api/projects/Sine/runs", json={"device": "cpu", "iterations": 1_000_000})
    folder = sine.runs / "LiquidNetCfc" / "001"
    assert answer.json()["run"] == "LiquidNetCfc/001"
    until(lambda: (folder / "metrics.csv").is_file())
    # A page that listens must not keep it.
    stream = urllib.request.urlopen(
        urllib.request.Request(f"{url.partition('/?')[0]}/api/events", headers=client.headers)
    )
    assert stream.readline() == b"event: hello\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    stream.close()
    assert process.returncode == 0 and out == ""
    assert f"mycaffe stop {folder.resolve()} ends it" in err and "Traceback" not in err
    ask_run(folder, "stop")
    until(lambda: not (folder / "stop").exists())


def test_the_current_folder_is_the_default(sine):
    process = subprocess.Popen(
        [sys.executable, "-m", "mycaffe_py", "designer", "--no-browser", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=sine.folder,
    )  # fmt: skip
    try:
        about = opened(process.stdout.readline().strip()).get("/api/about").json()
        assert about["single"] == "Sine" and about["folder"].endswith("Sine")
    finally:
        process.kill()
        process.communicate()


def test_a_plugin_of_the_command_line_is_there(designer, root, tmp_path):
    plugin = tmp_path / "gate.py"
    plugin.write_text(
        "from mycaffe_py import Layer, hookimpl\n"
        "class Gate(Layer):\n"
        '    """Opens and closes."""\n'
        '    type = "Gate"\n'
        "@hookimpl\n"
        "def mycaffe_layers():\n"
        "    return [Gate]\n"
    )
    _, url = designer(root, "--plugin", "gate.py", cwd=tmp_path)
    client = opened(url)
    assert client.get("/api/types/layers/Gate").json()["doc"] == "Opens and closes."
    assert {"name": "gate", "error": None} in client.get("/api/about").json()["plugins"]


@pytest.mark.parametrize("allowed", [False, True])
def test_python_layers_are_built_only_if_that_is_allowed(designer, sine, allowed):
    code = (
        "open('imported', 'w').close()\n"
        "import mycaffe_py as caffe\n"
        "class Twice(caffe.Layer):\n"
        "    def setup(self, bottom, top): pass\n"
        "    def reshape(self, bottom, top): top[0].reshape(2, 3)\n"
        "    def forward(self, bottom, top): pass\n"
        "    def backward(self, top, down, bottom): pass\n"
    )
    (sine.folder / "twice_layer.py").write_text(code)
    text = (
        'layer { name: "p" type: "Python" top: "y" '
        'python_param { module: "twice_layer" layer: "Twice" } }'
    )
    _, url = designer(sine.folder, *(["--allow-python"] if allowed else []))
    body = {"kind": "model", "text": text, "phase": "TRAIN"}
    layer = opened(url).post("/api/projects/Sine/look", json=body).json()["layers"][0]
    assert layer["tops"][0]["shape"] == ([2, 3] if allowed else None)
    assert (layer["note"] is None) == allowed
    assert (sine.folder / "imported").exists() == allowed


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["gone"], 3, ["no folder gone"]),
        (["file"], 2, ["file is a file"]),
        (["--plugin", "gone.py"], 3, ['plugin file "gone.py" does not exist']),
        (["--host", "no.such.host.invalid"], 2, ["--host no.such.host.invalid"]),
        (["--port", "70000"], 2, ["70000"]),
    ],
)
def test_mistakes_are_said_before_anything_is_served(tmp_path, monkeypatch, arguments, code, words):
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["designer", "--no-browser", *arguments])
    assert result.exit_code == code and result.stdout == ""
    assert all(word in result.stderr for word in words)


def test_a_port_that_is_taken_is_said(root):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port}: it is taken") as error:
            listen("127.0.0.1", port, 8765)
    assert "omit --port" in error.value.hint


def test_without_a_port_a_free_one_is_taken_if_the_usual_one_is_not_free():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        usual = taken.getsockname()[1]
        with listen("127.0.0.1", None, usual) as found:
            assert found.getsockname()[1] != usual
    with listen("127.0.0.1", None, usual) as found:
        assert found.getsockname()[1] == usual


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_a_missing_package_is_said_with_what_installs_it(root, missing):
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        f"sys.argv = ['mycaffe', 'designer', {str(root)!r}, '--no-browser', '--port', '0']\n"
        "from mycaffe_py.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 3 and done.stdout == ""
    assert f"'{missing}'" in done.stderr and 'pip install "mycaffe-py[designer]"' in done.stderr


@pytest.mark.parametrize(
    ("host", "shown", "known"),
    [
        ("127.0.0.1", "127.0.0.1", {"127.0.0.1", "localhost"}),
        ("localhost", "localhost", {"127.0.0.1", "localhost"}),
        ("::1", "[::1]", {"127.0.0.1", "localhost", "[::1]"}),
        ("10.0.0.5", "10.0.0.5", {"127.0.0.1", "localhost", "10.0.0.5"}),
        ("lab", "lab", {"127.0.0.1", "localhost", "lab"}),
    ],
)
def test_the_names_under_which_it_is_known(host, shown, known):
    assert _shown(host) == shown
    assert _names(host) == {"hosts": known} or _names(host) == {
        "hosts": known,
        "any_address": False,
    }


@pytest.mark.posix
def test_other_machines_are_let_in_only_with_a_warning(designer, root):
    process, url = designer(root, "--host", "0.0.0.0")
    assert opened(url).get("/api/projects").status_code == 200
    process.send_signal(signal.SIGINT)
    assert "warning: other machines can reach" in process.communicate(timeout=30)[1]


def test_the_package_is_light():
    """``mycaffe --help`` imports the verb."""
    code = (
        "import sys, mycaffe_plugins.designer, mycaffe_plugins.designer.command\n"
        "print(sorted({'numpy', 'starlette', 'uvicorn', 'pluggy', 'asyncio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def children(process):
    """Return the ids of a process's children."""
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(one) for one in text.split()]


@pytest.mark.posix
@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="needs Linux's /proc")
def test_it_ends_quietly_while_an_answer_is_due(designer, sine):
    process, url = designer(sine.folder)
    client = opened(url)
    client.get("/api/about")
    look = {"kind": "solver", "text": ""}
    assert client.post("/api/projects/Sine/look", json=look).status_code == 200
    [worker] = until(lambda: children(process.pid))
    os.kill(worker, signal.SIGSTOP)  # it will not answer
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(client.post("/api/projects/Sine/look", json=look)),
    )
    asking.start()
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    asking.join(30)
    assert process.returncode == 0 and "Traceback" not in err and "Cancel" not in err
    assert [answer.status_code for answer in answers] == [422]
