"""What survives a kill or a power failure, and which files others may have written."""

from __future__ import annotations

from .mutant import Mutant

DURABLE = ("tests/test_durable.py",)
OUTSIDE = ("tests/test_written_files.py",)

MUTANTS = (
    Mutant(
        "durable-name-before-content",
        "mycaffe_py/durable.py",
        "            if to_disk:\n                sync_file(file.fileno())",
        "            if False:\n                sync_file(file.fileno())",
        DURABLE,
    ),
    Mutant(
        "durable-folder-not-flushed",
        "mycaffe_py/durable.py",
        "    if to_disk:\n        sync_folder(path.parent)",
        "    if False:\n        sync_folder(path.parent)",
        DURABLE,
    ),
    Mutant(
        "leftovers-of-processes-that-live",
        "mycaffe_py/leftovers.py",
        "return try_lock(number, shared=False) and",
        "return True and",
        DURABLE,
    ),
    Mutant(
        "settling-runs-of-other-computers",
        "mycaffe_py/run/settling.py",
        'owner.get("host") != platform.node() or ',
        "",
        ("tests/run/test_settling.py",),
    ),
    Mutant(
        "best-forgotten-before-the-snapshot",
        "mycaffe_py/run/snapshots.py",
        "            keep_before(self.folder)\n",
        "            forget_before(self.folder)\n",
        ("tests/run/test_best_file.py",),
    ),
    Mutant(
        "outside-links-are-followed",
        "mycaffe_py/written_files.py",
        "_is_below(os.path.realpath(path), os.path.realpath(each))",
        "_is_below(os.path.abspath(path), os.path.abspath(each))",
        OUTSIDE,
    ),
    Mutant(
        "outside-files-of-others-are-replaced",
        "mycaffe_py/weights/snapshot_targets.py",
        "if os.path.exists(path) and not _is_ours(path):",
        "if False:",
        ("tests/weights/test_snapshot_targets.py",),
    ),
    Mutant(
        "hdf5-output-over-files-of-others",
        "plugins/mycaffe_plugins/data/hdf5_output.py",
        "return is_empty or is_marked_hdf5(self.path)",
        "return True",
        ("tests/plugins/data/test_hdf5_output.py",),
    ),
)
