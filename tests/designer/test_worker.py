"""The process beside the server: it answers, raises what is raised in it, and is replaced when it hangs or ends."""

from __future__ import annotations

import sys
import threading

import pytest
from mycaffe_plugins.designer import worker as worker_module
from mycaffe_plugins.designer.worker import Worker

from mycaffe_py.errors import ConfigError, MissingPluginError
from mycaffe_py.resources import resource_path

LIQUID = (resource_path("models") / "LiquidNetCfc.prototxt").read_text(encoding="utf-8")

ODD_LAYERS = """
import os, time
import numpy as np
from mycaffe_py.layer import Layer
from mycaffe_py.plugins import hookimpl

class Odd(Layer):
    exact_num_bottom_blobs = 0
    def reshape(self, bottom, top): top[0].reshape(1)
    def forward(self, bottom, top): pass

class Hangs(Odd):
    type = "Hangs"
    def setup(self, bottom, top): time.sleep(3600)

class Ends(Odd):
    type = "Ends"
    def setup(self, bottom, top): os._exit(3)

class Fills(Odd):
    type = "Fills"
    def setup(self, bottom, top): self.kept = np.ones(400_000_000)

class Prints(Odd):
    type = "Prints"
    def setup(self, bottom, top): print("{}", flush=True)

@hookimpl
def mycaffe_layers(): return [Hangs, Ends, Fills, Prints]
"""


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    path = tmp_path_factory.mktemp("plugin") / "odd_layers.py"
    path.write_text(ODD_LAYERS, encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def worker(plugin):
    made = Worker((plugin,))
    yield made
    made.close()


def ask(worker, text=LIQUID, function="look", **more):
    return worker.call(
        function, kind="model", text=text, phase="TRAIN", filename="net.prototxt", **more
    )


def odd(kind):
    return f'layer {{ name: "odd" type: "{kind}" top: "x" }}'


def test_it_looks_and_edits(worker):
    assert ask(worker)["net"]["weights"] == 87617
    do = [{"op": "set", "path": ["name"], "value": "Mine"}]
    assert ask(worker, function="edit", do=do)["net"]["name"] == "Mine"


def test_relative_names_count_from_the_folder(worker, tmp_path):
    text = 'layer { name: "h" type: "HDF5Data" top: "x" hdf5_data_param { source: "list.txt" batch_size: 1 } }'
    (missing,) = ask(worker, text, folder=str(tmp_path))["problems"]
    assert "does not exist" in missing["message"]
    (tmp_path / "list.txt").write_text("none.h5\n", encoding="utf-8")
    (other,) = ask(worker, text, folder=str(tmp_path))["problems"]
    assert other["message"] != missing["message"]


def test_what_is_raised_in_it_is_raised_here(worker):
    with pytest.raises(ConfigError, match="larger than 2 MB") as caught:
        ask(worker, "#" * 3_000_000)
    assert caught.value.hint
    do = [{"op": "set", "path": ["layer", 1, "cfc_param", "nothing"], "value": "1"}]
    with pytest.raises(ConfigError):
        ask(worker, function="edit", do=do)


def test_a_bug_is_no_mistake_of_the_user(worker):
    with pytest.raises(RuntimeError, match="KeyError"):
        worker.call("dance")


def test_what_a_layer_prints_does_not_disturb_the_answers(worker):
    assert ask(worker, odd("Prints"))["problems"] == []
    assert ask(worker)["net"]["weights"] == 87617


@pytest.mark.skipif(sys.platform != "linux", reason="limits of address space are Linux's")
def test_a_layer_that_takes_all_memory_is_a_problem(worker):
    (problem,) = ask(worker, odd("Fills"))["problems"]
    assert problem["layer"] == "odd" and "Unable to allocate" in problem["message"]
    assert ask(worker)["net"]["weights"] == 87617


def test_a_process_that_ends_is_replaced(worker):
    with pytest.raises(ConfigError, match="ended"):
        ask(worker, odd("Ends"))
    assert ask(worker)["net"]["weights"] == 87617


def test_a_process_that_hangs_is_ended_and_replaced(worker, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(worker_module, "_TO_ANSWER", 0.3)
        with pytest.raises(ConfigError, match="took longer"):
            ask(worker, odd("Hangs"))
    assert ask(worker)["net"]["weights"] == 87617


def test_threads_get_their_own_answers(worker):
    names = [f"net{number}" for number in range(12)]
    found = {}

    def one(name):
        found[name] = ask(worker, f'name: "{name}"')["net"]["name"]

    threads = [threading.Thread(target=one, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {name: name for name in names}


def test_a_plugin_that_is_not_there_is_named():
    worker = Worker(("no_such_plugin_anywhere",))
    with pytest.raises(MissingPluginError, match="no_such_plugin_anywhere"):
        ask(worker)
    worker.close()


def test_a_closed_worker_refuses(plugin):
    worker = Worker()
    worker.close()
    with pytest.raises(ConfigError, match="closed"):
        ask(worker)
