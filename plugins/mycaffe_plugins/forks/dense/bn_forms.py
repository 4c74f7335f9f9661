"""The forms of BN in Caffe's forks, and which of them a layer means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mycaffe_py.layer import Layer

FIELD = "bn_param"

SEGNET, MOVING, DECAYING = "SegNet's", "PSPNet's", "the oldest"
"""SegNet's and ENet's form; that of PSPNet, ICNet and DeepLab; the one that the latter came from."""

_ONLY_IN = {
    SEGNET: ("bn_mode",),
    MOVING: ("slope_filler", "bias_filler", "momentum", "eps", "frozen"),
    DECAYING: ("var_eps", "decay", "moving_average", "axis"),
}
_OLD_FILLERS = ("scale_filler", "shift_filler")
_SEGNET_EPS = 1e-9


@dataclass(frozen=True)
class BNForm:
    """What a form of BN does."""

    name: str
    eps: float
    kept: float = 0.0
    """Share of the stored statistics that is kept when a batch's are added."""
    axis: int = 1

    @property
    def stores(self) -> bool:
        """Whether two more blobs hold statistics."""
        return self.name != SEGNET


def form_of(layer: Layer) -> BNForm:
    """Return the form that a BN layer's settings mean; fails if they are of different ones.

    Without a field that tells: SegNet's if there are fillers, but not more than two ``param`` or ``blobs``; the oldest
    with fillers and more of them; PSPNet's without any.
    """
    param = layer.param.bn_param
    given = {
        name: [field for field in fields if param.HasField(field)]
        for name, fields in _ONLY_IN.items()
    }
    named = [name for name, fields in given.items() if fields]
    if len(named) > 1:
        _refuse_mixture(layer, named, given)
    old = [field for field in _OLD_FILLERS if param.HasField(field)]
    if not named:
        more = max(len(layer.param.param), len(layer.param.blobs)) > 2
        return _made(layer, (DECAYING if more else SEGNET) if old else MOVING)
    if given[MOVING] and old and (param.HasField("slope_filler") or param.HasField("bias_filler")):
        layer.fail(
            f"{old[0]} is another name of {'slope' if 'scale' in old[0] else 'bias'}_filler: give one kind",
            field=f"{FIELD}.{old[0]}",
        )
    return _made(layer, named[0])


def _made(layer: Layer, name: str) -> BNForm:
    param = layer.param.bn_param
    if name == SEGNET:
        return BNForm(name, _SEGNET_EPS)
    if name == DECAYING:
        if param.axis not in (1, 2):
            layer.fail(f"axis is {param.axis}, but must be 1 or 2", field=f"{FIELD}.axis")
        form, field = BNForm(name, param.var_eps, 1 - param.decay, param.axis), "var_eps"
        share, share_field = param.decay, "decay"
    else:
        form, field = BNForm(name, param.eps, param.momentum), "eps"
        share, share_field = param.momentum, "momentum"
    if not 0 <= form.eps < float("inf"):
        layer.fail(f"{field} is {form.eps:g}, but must not be negative", field=f"{FIELD}.{field}")
    if not 0 <= share <= 1:
        layer.fail(
            f"{share_field} is {share:g}, but must be from 0 to 1", field=f"{FIELD}.{share_field}"
        )
    return form


def _refuse_mixture(layer: Layer, named: Sequence[str], given: dict[str, list[str]]) -> None:
    first, second = named[:2]
    layer.fail(
        f"{given[first][0]} is of {first} form of BN, {given[second][0]} of {second} form: give the settings of one",
        field=f"{FIELD}.{given[second][0]}",
    )
