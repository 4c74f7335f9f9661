"""Which layers of a net follow which, so that one can be folded into the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mycaffe_py.layer import Layer
from mycaffe_py.net import Net

from .affine import FOLDABLE, Affine, channelwise
from .products import setting_of, why_not


@dataclass
class Chain:
    """A layer with weights, and the layers after it that its weights can take over."""

    layer: Layer
    affine: Affine
    top: str
    """The name of the last folded layer's top, in the model."""
    folded: list[str] = field(default_factory=list)


@dataclass
class Found:
    """The chains of a net, and why other layers of the types are in none, by their names."""

    chains: list[Chain] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)


def find_chains(net: Net) -> Found:
    """Return what can be folded in a net, built in phase TEST with float64."""
    found, shared = Found(), _shared(net)
    done: set[str] = set()
    for index, layer in enumerate(net.device_layers):
        if setting_of(layer) is None or len(net.tops[index]) != 1:
            continue
        top = net.tops[index][0]
        followers = list(_followers(net, index))
        if not followers:
            continue
        reason = why_not(layer, top)
        if any(id(blob) in shared for blob in layer.blobs):
            reason = "shares its weights with other layers"
        if reason:
            found.left |= {one.name: f'"{layer.name}" {reason}' for one, _ in followers}
            continue
        _extend(found, layer, followers, top)
        done |= {one.name for one, _ in followers}
    for layer in net.device_layers:
        if layer.type in FOLDABLE and layer.name not in done | set(found.left):
            found.left[layer.name] = (
                "what comes before it has no weights, or goes to other layers too"
            )
    return found


def _extend(found: Found, layer: Layer, followers: list[tuple[Layer, str]], top: Any) -> None:
    """Add the chain that begins with ``layer``, as far as what follows is affine."""
    chain: Chain | None = None
    for number, (follower, name) in enumerate(followers):
        affine = channelwise(follower, top.shape[1], top.num_axes)
        if affine is None or not affine.finite:
            reason = "it is not the same factor and shift for all elements of a channel"
            if affine is not None:
                reason = "its weights make values of it that are not finite"
            found.left |= {one.name: reason for one, _ in followers[number:]}
            break
        if chain is None:
            chain = Chain(layer, affine, name, [follower.name])
        else:
            chain.affine, chain.top = chain.affine.then(affine), name
            chain.folded.append(follower.name)
    if chain is not None:
        found.chains.append(chain)


def _followers(net: Net, index: int) -> Iterator[tuple[Layer, str]]:
    """Yield the layers of FOLDABLE types that one after the other read only what the one before wrote.

    Each comes with its top's name in the model. A blob with several readers goes through a Split, which ends the chain.
    """
    blob = net.tops[index][0]
    for later in range(index + 1, len(net.device_layers)):
        if not any(one is blob for one in net.bottoms[later]):
            continue
        layer = net.device_layers[later]
        if layer.type not in FOLDABLE or len(net.bottoms[later]) != 1 or blob.num_axes < 2:
            return
        blob = net.tops[later][0]
        yield layer, layer.param.top[0]


def _shared(net: Net) -> set[int]:
    """Return the blobs that several layers share, by identity."""
    owners = net.parameters.owners
    return {id(blob) for one in owners if one.sharers for blob in (one.blob, *one.sharers)}
