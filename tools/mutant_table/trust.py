"""Files of others: what runs their code, and where modules and programs come from."""

from __future__ import annotations

from .mutant import Mutant

HOSTILE = ("tests/test_hostile_folder.py",)

MUTANTS = (
    Mutant(
        "permission-commands-build-python-layers",
        "mycaffe_py/permission.py",
        "return _holding(PythonLayers.REFUSED)",
        "return _holding(PythonLayers.ON_PATH)",
        HOSTILE,
    ),
    Mutant(
        "permission-refused-layers-are-built",
        "plugins/mycaffe_plugins/common/python_class.py",
        "if layer.context.python_layers is PythonLayers.REFUSED:",
        "if False:",
        HOSTILE,
    ),
    Mutant(
        "permission-modules-from-anywhere",
        "plugins/mycaffe_plugins/common/python_module.py",
        "folders = beside if layer.context.python_layers is PythonLayers.ANYWHERE else []",
        "folders = beside",
        ("tests/test_permission.py",),
    ),
    Mutant(
        "permission-lost-in-the-test-net",
        "mycaffe_py/net/net.py",
        "allow_python=self.context.python_layers.as_argument,",
        "",
        ("tests/test_permission.py",),
    ),
    Mutant(
        "permission-modules-from-the-current-folder",
        "mycaffe_py/__init__.py",
        "    del sys.path[0]",
        "    pass",
        HOSTILE,
    ),
    Mutant(
        "permission-postscript-is-run",
        "mycaffe_py/stores/images.py",
        "formats=_READ",
        "formats=None",
        ("tests/stores/test_images.py",),
    ),
)
