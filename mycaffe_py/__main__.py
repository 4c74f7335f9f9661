"""``python -m mycaffe_py`` is the ``mycaffe`` command."""

from __future__ import annotations

from .cli import main

if __name__ == "__main__":
    main()
