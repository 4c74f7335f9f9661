"""Implementation of ``mycaffe fold-bn``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.builder import load_model
from mycaffe_py.cli import echo_result, load_plugins_of, needed_weights, say, say_replaced, warn
from mycaffe_py.errors import ConfigError
from mycaffe_py.layer import TEST, is_included
from mycaffe_py.net import Net
from mycaffe_py.weights import atomic_write, check_target, save_weights
from mycaffe_py.wording import counted

from .chains import Chain, Found, find_chains
from .products import setting_of, take_over

_MOST_NAMED = 8
_LARGEST_DIFFERENCE = 1e-3
"""Of the outputs, relative to the largest of them; more than rounding can explain."""


def fold(
    *,
    model: str | None,
    weights: tuple[str, ...],
    out: str,
    level: int,
    stage: tuple[str, ...],
    plugins: tuple[str, ...],
) -> int:
    """Fold as the command line asks; return the exit code."""
    trained = needed_weights(weights, "fold-bn")
    registry = load_plugins_of(trained.runs, plugins)
    model = model or trained.file("model")
    if model is None:
        raise ConfigError("fold-bn needs --model FILE, the net of the weights")
    target, weights_target = _targets(out, model, trained.weights)
    stages = [name for names in stage for name in names.replace(",", " ").split()]

    def build(source: Any, dtype: str, *, given: Any = None) -> Net:
        return Net(source, TEST, level, stages, given, registry=registry, device="cpu", dtype=dtype)

    document = load_model(model, registry)
    exact = build(document, "float64", given=trained.weights)
    found = find_chains(exact)
    _report(found)
    if not found.chains:
        raise ConfigError(
            f"{model}: nothing to fold: no BatchNorm, Scale or Bias follows a layer with weights",
            hint="in phase TEST; layers that are left for another reason are listed above",
        )
    message = _folded_net(document.message, exact, found.chains)
    folded = build(message, "float32")
    _fill(folded, exact, {chain.layer.name: chain for chain in found.chains})
    _compare(build(load_model(model, registry), "float32", given=trained.weights), folded)
    say_replaced([target, weights_target])
    save_weights(folded, weights_target)
    names = f"# {os.path.basename(model)} with BatchNorm and Scale folded into the layers before them, for use only\n"
    atomic_write(target, (names + registry.schema.to_text(message)).encode())
    echo_result(str(target))
    echo_result(str(weights_target))
    return 0


def _targets(out: str, model: str, weights: list[str]) -> tuple[Path, Path]:
    target = Path(out)
    if target.suffix != ".prototxt":
        raise ConfigError(f"--out {out} is the folded net, and must end with .prototxt")
    weights_target = target.with_suffix(".caffemodel")
    for path in (target, weights_target):
        check_target(path)
        for read in (model, *weights):
            if os.path.exists(path) and os.path.exists(read) and os.path.samefile(path, read):
                raise ConfigError(
                    f"--out would overwrite {path}, which the folded net is made from"
                )
    return target, weights_target


def _report(found: Found) -> None:
    for chain in found.chains[:_MOST_NAMED]:
        say(f"{', '.join(chain.folded)} into {chain.layer.name}")
    if len(found.chains) > _MOST_NAMED:
        say(f"... and the same for {counted(len(found.chains) - _MOST_NAMED, 'other layer')}")
    for name, reason in found.left.items():
        warn(f'layer "{name}" stays: {reason}')


def _folded_net(message: Any, net: Net, chains: list[Chain]) -> Any:
    """Return the net's message in the state of ``net``, without the folded layers."""
    by_name = {chain.layer.name: chain for chain in chains}
    gone = {name for chain in chains for name in chain.folded}
    result = type(message)()
    result.CopyFrom(message)
    del result.layer[:]
    for entry in message.layer:
        if entry.name in gone or not is_included(entry, net.state):
            continue
        kept = result.layer.add()
        kept.CopyFrom(entry)
        del kept.include[:], kept.exclude[:], kept.blobs[:]
        chain = by_name.get(entry.name)
        if chain is not None:
            kept.top[0] = chain.top
            getattr(kept, str(setting_of(chain.layer))).ClearField("bias_term")
    return result


def _fill(folded: Net, exact: Net, chains: dict[str, Chain]) -> None:
    """Give the folded net its weights."""
    originals = exact.layers_by_name()
    for name, layer in folded.layers_by_name().items():
        chain = chains.get(name)
        values = (
            take_over(chain.layer, chain.affine)
            if chain is not None
            else [blob.data for blob in originals[name].blobs]
        )
        for blob, value in zip(layer.blobs, values, strict=True):
            blob.data[...] = value


def _compare(original: Net, folded: Net) -> None:
    """Run both nets on the same input and say how far their outputs are apart; refuse what is no rounding."""
    rng = np.random.default_rng(0)
    for name in original.inputs:
        values = rng.random(original.blobs[name].shape)
        for net in (original, folded):
            net.blobs[name].data[...] = values
    for net in (original, folded):
        net.forward()
    for name in original.outputs:
        ours, theirs = folded.blobs[name].data, original.blobs[name].data
        largest = float(np.abs(theirs).max(initial=0))
        apart = float(np.abs(ours - theirs).max(initial=0))
        say(
            f"output {name}: the largest value is {largest:.4g}, the largest difference {apart:.2g}"
        )
        if not apart <= _LARGEST_DIFFERENCE * max(largest, 1e-30):
            raise ConfigError(
                f'output "{name}" of the folded net differs by {apart:.3g} from the original\'s, where the largest '
                f"value is {largest:.3g}: nothing is written",
                hint="the statistics of a BatchNorm may be extreme: a variance near 0, or weights that are not trained",
            )
