"""Reading and writing .pt files by torch, which is imported only here and only for them."""

from __future__ import annotations

import importlib
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import MissingExtraError, SnapshotError

Labelled = tuple[str, tuple[int, ...], np.ndarray | None]
"""The name of a type, a shape, and the values if NumPy has such a type."""

# Before it, weights_only did not keep a file from running code (CVE-2025-32434).
_SAFE_SINCE = (2, 6)
_MOST_SHOWN = 6
_USUAL_KEYS = ("state_dict", "model_state_dict", "model", "net", "module")
_AS_SAFETENSORS = (
    'or make a safetensors file where torch is: python -c "import torch; from safetensors.torch import save_file; '
    "save_file({{k: t.contiguous() for k, t in torch.load('{name}', weights_only=True).items()}}, "
    "'{stem}.safetensors')\""
)

_FILE = {"name": "FILE.pt", "stem": "FILE"}


def read_torch(path: Path, data: bytes) -> dict[str, Labelled]:
    """Return the tensors of a file of ``torch.save`` by name.

    Only tensors and plain values are loaded (``weights_only``): a file cannot run code. A checkpoint whose state is
    under a key, such as Lightning's ``state_dict``, is entered.
    """
    torch = _torch(path)
    try:
        loaded = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # the reader raises errors of many kinds for a damaged file
        reason = str(error).strip().partition("\n")[0][:200]
        raise SnapshotError(
            f"{path} cannot be read as plain tensors: {reason or type(error).__name__}",
            hint="save the state alone, torch.save(module.state_dict(), FILE): whole modules are not loaded, since "
            "loading them runs code of the file",
        ) from error
    state = _state_in(path, loaded, torch.Tensor)
    return {name: _labelled(torch, value) for name, value in state.items()}


def torch_bytes(path: Path, arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return arrays as the content of a file that ``torch.load`` reads."""
    torch, stream = _torch(path), io.BytesIO()
    torch.save({name: torch.from_numpy(array.copy()) for name, array in arrays.items()}, stream)
    return stream.getvalue()


def _torch(path: Path) -> Any:
    plain = re.fullmatch(
        r"[\w.+-]+", path.name
    )  # as the name stands in Python code in a shell's command
    way_out = _AS_SAFETENSORS.format(**{"name": path.name, "stem": path.stem} if plain else _FILE)
    try:
        torch = importlib.import_module("torch")
    except (ImportError, OSError) as error:
        raise MissingExtraError(
            f"{path} is a file of torch.save: this needs the package 'torch', which cannot be imported ({error})",
            hint=f"install it with: pip install torch\n{way_out}",
        ) from error
    found = re.match(r"(\d+)\.(\d+)", str(torch.__version__))
    if found and (int(found[1]), int(found[2])) < _SAFE_SINCE:
        raise MissingExtraError(
            f"torch {torch.__version__} is too old to read {path} safely: files may run code before 2.6",
            hint=f'update it with: pip install "torch>=2.6"\n{way_out}',
        )
    return torch


def _state_in(path: Path, loaded: Any, kind: type) -> dict[str, Any]:
    """Return the dict of tensors in what was loaded: itself, or the one that it holds."""
    if isinstance(loaded, Mapping):
        own = dict(_tensors(loaded, kind))
        if own:
            return own
        held = {
            str(key): dict(_tensors(value, kind))
            for key, value in loaded.items()
            if isinstance(value, Mapping)
        }
        held = {key: state for key, state in held.items() if state}
        usual = [key for key in _USUAL_KEYS if key in held]
        if len(held) == 1 or usual:
            return held[usual[0] if usual else next(iter(held))]
        if held:
            raise SnapshotError(
                f"{path} holds several dicts of tensors: {', '.join(sorted(held))}",
                hint="save the one that is meant in a file of its own",
            )
    raise SnapshotError(
        f"{path} holds no dict of tensors, but {_description(loaded)}",
        hint="save it with torch.save(module.state_dict(), FILE)",
    )


def _tensors(mapping: Mapping[Any, Any], kind: type) -> Iterator[tuple[str, Any]]:
    for key, value in mapping.items():
        if isinstance(key, str) and isinstance(value, kind):
            yield key, value


def _description(loaded: Any) -> str:
    if not isinstance(loaded, Mapping):
        return f"an object of type {type(loaded).__name__}"
    keys = [str(key) for key in loaded][:_MOST_SHOWN]
    return f"the keys {', '.join(keys)}" if keys else "nothing"


def _labelled(torch: Any, value: Any) -> Labelled:
    label, shape = str(value.dtype).removeprefix("torch."), tuple(value.shape)
    try:
        value = value.detach()
        if value.dtype.is_floating_point and value.dtype != torch.float64:
            value = value.float()
        return label, shape, value.cpu().numpy()
    except (RuntimeError, TypeError, NotImplementedError):  # sparse, quantized, without data
        return f"{label}, {value.layout}", shape, None
