"""A layer's methods write their results in place and return nothing."""

from __future__ import annotations

from typing import Any

from mycaffe_py.errors import PluginCodeError

_WRITTEN = {
    "reshape": "top[0].reshape(...)",
    "forward": "top[0].data[...] = ...",
    "backward": "bottom[0].diff[...] = ...",
}


def refuse_result(layer: Any, method: str, returned: Any) -> None:
    """Raise PluginCodeError if a layer's method returned something, as if that were its result."""
    if returned is None:
        return
    what = "an array" if hasattr(returned, "shape") else f"a {type(returned).__name__}"
    raise PluginCodeError(
        f'layer "{layer.name}" ({layer.type}): {method}() returned {what}, but must return nothing',
        hint=f"write {_WRITTEN[method]}",
    )
