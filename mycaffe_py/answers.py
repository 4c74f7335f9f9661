"""What a trainer's methods return, checked where it is used: a wrong answer is named by its method."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

from .errors import (
    DataError,
    MyCaffeError,
    PluginCodeError,
    PluginError,
    UnsetAttributeError,
    did_you_mean,
)
from .plugin_code import named_text, plugin_error


def metrics_of(trainer: Any) -> dict[str, float]:
    """Return ``trainer.metrics()``; DataError unless it is a dict of numbers."""
    return figures(trainer, "metrics", trainer.metrics())


def test_of(trainer: Any, net: Any, iterations: int) -> dict[str, float]:
    """Return ``trainer.test(net, iterations)``; DataError unless it is a dict of numbers."""
    return figures(trainer, "test", trainer.test(net, iterations))


def figures(trainer: Any, method: str, found: Any) -> dict[str, float]:
    """Return what a method gave, or raise DataError if it is not a dict of numbers by name."""
    for name, value in as_dict(trainer, method, found).items():
        if not isinstance(name, str):
            raise wrong_answer(trainer, method, f"the name {name!r:.60} is not a text")
        if getattr(value, "shape", None) != () and not isinstance(value, Real):
            raise wrong_answer(trainer, method, f"{name} is {value!r:.60}, not a number")
    return found


def sample_of(trainer: Any) -> Any:
    """Return ``trainer.sample()``; DataError unless it is empty or has x."""
    found = as_dict(trainer, "sample", trainer.sample())
    if found and "x" not in found:
        raise wrong_answer(trainer, "sample", 'the dict has no "x"')
    return found


def state_of(owner: Any) -> Any:
    """Return ``owner.state()`` of a trainer or gym; DataError unless it is a dict."""
    try:
        found = owner.state()
    except RecursionError as error:
        raise wrong_answer(
            owner, "state", "the state contains itself, or is nested too deeply"
        ) from error
    return as_dict(owner, "state", found)


def state_of_gym(gym: Any) -> Any:
    """Return ``gym.state()`` of a gym that runs, where any failure is a fault of its code: PluginError and such."""
    try:
        return state_of(gym)
    except UnsetAttributeError as error:
        raise PluginError(error.message, hint=error.hint) from error
    except MyCaffeError:
        raise
    except Exception as error:
        what = f"gym {gym.type}, state(): {named_text(error)}"
        raise plugin_error(error) or PluginCodeError(what) from error


def as_dict(owner: Any, method: str, found: Any) -> Any:
    """Return what a method gave, or raise DataError if it is not a dict."""
    if isinstance(found, Mapping):
        return found
    what = "None" if found is None else f"{found!r:.60}"
    raise wrong_answer(owner, method, f"returned {what}, not a dict")


def unknown_metric(trainer: Any, known: Any) -> str:
    """Return what is wrong with ``best_metric`` if no such figure is known, or ""."""
    wanted = trainer.best_metric
    if wanted in known:
        return ""
    near = did_you_mean(wanted, known) or f"there are: {', '.join(known)}"
    return f'best_metric is "{wanted}", which is neither among metrics() nor an output of the net; {near}'


def wrong_answer(owner: Any, method: str, what: str) -> DataError:
    """Return the error for what a method of a trainer or gym gave."""
    return DataError(
        f"{getattr(owner, 'kind', 'trainer')} {getattr(owner, 'type', type(owner).__name__)}: {method}(): {what}"
    )
