from __future__ import annotations

import subprocess
import sys

import pytest

from mycaffe_py.errors import MissingFileError
from mycaffe_py.resources import resource_names, resource_path


def test_importing_and_composing_needs_no_numpy():
    code = (
        "import sys; from mycaffe_py.schema import compose, core_sources; "
        "compose(core_sources()); assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_resources():
    names = resource_names("protos")
    assert "net.proto" in names and names == sorted(names)
    assert "message NetParameter" in resource_path("protos", "net.proto").read_text("utf-8")
    with pytest.raises(MissingFileError, match='did you mean "net.proto"'):
        resource_path("protos", "nett.proto")
    with pytest.raises(ValueError, match="unknown kind"):
        resource_path("secrets")
