"""Skeletons of plugins: small working files, with tests, to begin a layer, a gym, ... or a package with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .kinds import SKELETONS as SKELETONS, Skeleton as Skeleton
    from .making import Made as Made, make_plugin as make_plugin
    from .naming import Names as Names, names_of as names_of
    from .packages import make_package as make_package
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        kinds="SKELETONS Skeleton",
        making="Made make_plugin",
        naming="Names names_of",
        packages="make_package",
    )
