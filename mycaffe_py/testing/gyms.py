"""check_gym: check that a gym keeps the contract that trainers and resuming rely on."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.gym import Gym
from mycaffe_py.plugins.registry import Registry

from .blaming import blaming
from .gym_metadata import check_metadata
from .subjects import subject_of

GymFactory = Callable[[int], Gym]


def check_gym(
    gym_factory_or_prototxt: GymFactory | type[Gym] | str,
    settings: str = "",
    *,
    steps: int = 50,
    seed: int = 1,
    registry: Registry | None = None,
    base_dir: Path | None = None,
) -> None:
    """Raise AssertionError with the reason if a gym violates its contract.

    Give a Gym class with its settings as prototxt text, ``check_gym(Square, "square_param { period: 7 }")``; a
    GymParameter in prototxt form, such as ``type: "Curve" curve_param { step: 0.1 }`` (the type is looked up in
    ``registry``, by default the default one); or a function that takes a seed and returns a new gym.
    Checked over ``steps`` steps: what ``reset`` and ``step``
    return; the observation's arrays; the same run for the same seed, however it is given; that
    instances do not affect each other; that ``state`` and ``load_state`` continue a run to the
    last bit; ``reset`` at any time, also after the end; for a gym that looks ahead, what ``look_ahead`` returns,
    halfway and after the end, and that ``load_state`` undoes it; and what ``time_form``, ``statistics`` and
    ``past`` return.
    """
    if steps < 2:
        raise ValueError(f"check_gym: steps is {steps}, but must be at least 2")
    given: Any = gym_factory_or_prototxt
    if isinstance(given, type | str):
        param, registry = subject_of(given, "gyms", settings, registry)
        gym_class = registry.gyms.find(param.type)
        with blaming(gym_class.__name__, gym_class):
            _check(lambda seed: gym_class(param, base_dir=base_dir, seed=seed), steps, seed)
    else:
        _check(given, steps, seed)


def _check(factory: GymFactory, steps: int, seed: int) -> None:
    first = _new(factory, seed)
    reference = _run(first, first.reset(), steps)
    _check_seeds(factory, seed, steps, reference)
    _check_independence(factory, seed, steps, reference)
    _check_state(factory, seed, steps)
    _check_state(factory, seed, steps, {"random_start": True})
    if type(first).look_ahead is not Gym.look_ahead:
        _check_looking_ahead(factory, seed, steps)
    check_metadata(first, first.reset()[0])
    _check_reset_at_any_time(first)
    first.close()


def _new(factory: GymFactory, seed: int) -> Gym:
    gym = factory(seed)
    _require(isinstance(gym, Gym), f"{type(gym).__name__} does not derive from mycaffe_py's Gym")
    _require(bool(type(gym).type), f"{type(gym).__name__}.type is empty: a gym needs a type name")
    return gym


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


def _run(gym: Gym, reset_result: Any, steps: int, beside: _Restarting | None = None) -> list[Any]:
    """Step through an episode, restarting where it ends, and return copies of all results.

    ``beside`` is stepped, and restarted, between the steps.
    """
    name = type(gym).__name__
    observation, info = _checked_reset(name, reset_result)
    record = [_copied(observation, None, info)]
    for index in range(steps):
        if beside is not None:
            beside.reset() if index % 7 == 0 else beside.step(None)
        before = len(observation["tt"])
        result = gym.step(_action(observation, index))
        observation, reward, ended, info = _checked_step(name, result)
        _check_growth(f"{name}.step()", before, len(observation["tt"]))
        record.append(_copied(observation, (float(reward), ended), info))
        if ended:
            observation, info = _checked_reset(name, gym.reset())
            record.append(_copied(observation, None, info))
    return record


def _action(observation: Mapping[str, np.ndarray], index: int) -> np.ndarray | None:
    """Return a prediction that depends only on the arguments, occasionally None."""
    return None if index % 5 == 4 else 0.5 * np.array(observation["target"][-1]) + 0.01 * index


def _copied(
    observation: Mapping[str, np.ndarray], outcome: Any, info: dict[str, Any]
) -> tuple[Any, ...]:
    arrays = {name: np.array(values) for name, values in observation.items()}
    return arrays, outcome, copy.deepcopy(info)


def _checked_reset(name: str, result: Any) -> tuple[Mapping[str, np.ndarray], dict[str, Any]]:
    _require(
        isinstance(result, tuple) and len(result) == 2,
        f"{name}.reset() must return (observation, info), not {_kind(result)}",
    )
    observation, info = result
    _check_observation(f"{name}.reset()", observation)
    _require(isinstance(info, dict), f"{name}.reset(): info must be a dict, not {_kind(info)}")
    return observation, info


def _checked_step(
    name: str, result: Any
) -> tuple[Mapping[str, np.ndarray], float, bool, dict[str, Any]]:
    """Check the result of step(); return observation, reward, whether the episode ended, info."""
    _require(
        isinstance(result, tuple) and len(result) == 5,
        f"{name}.step() must return (observation, reward, terminated, truncated, info), "
        f"not {_kind(result)}",
    )
    observation, reward, terminated, truncated, info = result
    _check_observation(f"{name}.step()", observation)
    _require(
        isinstance(reward, float) and bool(np.isfinite(reward)),
        f"{name}.step(): reward must be a finite float, not {reward!r} ({_kind(reward)})",
    )
    for word, flag in (("terminated", terminated), ("truncated", truncated)):
        _require(
            isinstance(flag, bool | np.bool_),
            f"{name}.step(): {word} must be a bool, not {flag!r} ({_kind(flag)})",
        )
    _require(isinstance(info, dict), f"{name}.step(): info must be a dict, not {_kind(info)}")
    return observation, reward, bool(terminated or truncated), info


def _kind(value: Any) -> str:
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}"
    return f"a {type(value).__name__}"


def _check_observation(where: str, observation: Any) -> None:
    _require(isinstance(observation, Mapping), f"{where}: the observation is {_kind(observation)}")
    for key, axes in (("x", 2), ("tt", 1), ("mask", 2), ("target", 2)):
        _require(key in observation, f'{where}: the observation has no "{key}"')
        values = observation[key]
        place = f'{where}: observation["{key}"]'
        _require(
            isinstance(values, np.ndarray), f"{place} must be a NumPy array, not {_kind(values)}"
        )
        _require(values.ndim == axes, f"{place} must have {axes} axes; its shape is {values.shape}")
        _require(
            np.issubdtype(values.dtype, np.floating),
            f"{place} must contain floats, not {values.dtype}",
        )
        _require(bool(np.isfinite(values).all()), f"{place} contains NaN or infinity")
    shapes = {key: observation[key].shape for key in ("x", "tt", "mask", "target")}
    counts = {shape[0] for shape in shapes.values()}
    _require(counts != {0}, f"{where}: the observation has no points")
    _require(len(counts) == 1, f"{where}: arrays of different numbers of points: {shapes}")
    _require(shapes["mask"] == shapes["x"], f"{where}: mask must have the shape of x: {shapes}")
    mask = observation["mask"]
    _require(bool(((mask == 0) | (mask == 1)).all()), f"{where}: mask must contain only 0 and 1")


def _check_growth(name: str, before: int, after: int) -> None:
    _require(
        before <= after <= before + 1,
        f"{name} went from {before} points to {after}; a step adds one, or none once the "
        "history is full or the episode has ended",
    )


def _check_same(record: list[Any], reference: list[Any], what: str) -> None:
    for index, (new, old) in enumerate(zip(record, reference, strict=True)):
        for part, a, b in zip(("observation", "reward or end", "info"), new, old, strict=True):
            if not _same(a, b):  # written out only here: there are many, and they are long
                raise AssertionError(f"{what}: the {part} differs at point {index}:\n  {a}\n  {b}")


def _same(a: Any, b: Any) -> bool:
    """Whether two results are equal to the last bit; NaN equals NaN."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, np.ndarray | np.generic) or isinstance(b, np.ndarray | np.generic):
        a, b = np.asarray(a), np.asarray(b)
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    return a == b or (a != a and b != b)


def _check_seeds(factory: GymFactory, seed: int, steps: int, reference: list[Any]) -> None:
    gym = _new(factory, seed)
    name = type(gym).__name__
    again = _run(gym, gym.reset(), steps)
    _check_same(again, reference, f"{name}: two gyms made with seed {seed}")
    _run(gym, gym.reset(seed=seed + 1), steps)
    again = _run(gym, gym.reset(seed=seed), steps)
    _check_same(again, reference, f"{name}: reset(seed={seed}) after a run with another seed")


def _check_independence(factory: GymFactory, seed: int, steps: int, reference: list[Any]) -> None:
    gym, other = _new(factory, seed), _Restarting(_new(factory, seed + 1))
    record = _run(gym, gym.reset(), steps, beside=other)
    _check_same(record, reference, f"{type(gym).__name__}: a run beside another instance")


class _Restarting:
    """A gym that is restarted automatically when an episode ends."""

    def __init__(self, gym: Gym):
        self._gym = gym
        self._ended = True

    def reset(self) -> None:
        self._gym.reset()
        self._ended = False

    def step(self, action: Any) -> None:
        if self._ended:
            self.reset()
        *_, terminated, truncated, _ = self._gym.step(action)
        self._ended = bool(terminated or truncated)


def _check_state(
    factory: GymFactory, seed: int, steps: int, options: dict[str, Any] | None = None
) -> None:
    """Stop halfway, load the state into a new gym with another seed, and compare the rest."""
    gym = _new(factory, seed)
    name = type(gym).__name__
    observation, _ = gym.reset(options=options)
    ended = False
    for index in range(steps // 2):
        if ended:
            observation, _ = gym.reset(options=options)
        observation, _, terminated, truncated, _ = gym.step(_action(observation, index))
        ended = bool(terminated or truncated)
    state = gym.state()
    _require(isinstance(state, dict), f"{name}.state() must return a dict, not {_kind(state)}")
    stored, kept = _stored(name, state), copy.deepcopy(state)
    rest = _continue(gym, observation, ended, steps, options)
    _require(_same(state, kept), f"{name}.state() returned something that later steps changed")
    restored = _new(factory, seed + 1)
    restored.load_state(stored)
    again = _continue(restored, rest[0], ended, steps, options)
    start = " from a random start" if options else ""
    _check_same(again[1:], rest[1:], f"{name}: a run{start} continued by load_state()")


def _stored(name: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state as a snapshot would: arrays copied, the rest through JSON text."""
    arrays = {key: value.copy() for key, value in state.items() if isinstance(value, np.ndarray)}
    rest = {key: value for key, value in state.items() if key not in arrays}
    try:
        return {**json.loads(json.dumps(rest, allow_nan=False)), **arrays}
    except (TypeError, ValueError) as error:
        raise AssertionError(
            f"{name}.state() must contain NumPy arrays and JSON values by name: {error}"
        ) from error


def _continue(
    gym: Gym, observation: Any, ended: bool, steps: int, options: dict[str, Any] | None = None
) -> list[Any]:
    """Continue from a gym's current position; the first entry is the current observation."""
    observation = {key: np.array(values) for key, values in observation.items()}
    record: list[Any] = [observation]
    for index in range(steps):
        if ended:
            observation, info = gym.reset(options=options)
            ended = False
        else:
            observation, reward, terminated, truncated, info = gym.step(_action(observation, index))
            ended = bool(terminated or truncated)
            info = {"reward": reward, **info}
        record.append(_copied(observation, ended, info))
    return record


def _check_looking_ahead(factory: GymFactory, seed: int, steps: int) -> None:
    """Look ahead halfway, or where the episode ends, and compare with a gym that continues from there."""
    gym, other = _new(factory, seed), _new(factory, seed + 1)
    name = type(gym).__name__
    observation, _ = gym.reset()
    ended = False
    for index in range(steps // 2):
        if not ended:
            observation, _, terminated, truncated, _ = gym.step(_action(observation, index))
            ended = bool(terminated or truncated)
    start = {key: np.array(values) for key, values in observation.items()}
    before = _stored(name, gym.state())
    record = _look_ahead(gym, len(start["tt"]), steps)
    other.load_state(_stored(name, gym.state()))
    count = len(record[-1][0]["tt"])
    further, again = (_look_ahead(one, count, 5) for one in (gym, other))
    _check_same(again, further, f"{name}: look_ahead() continued by load_state()")
    gym.load_state(before)
    again = _look_ahead(gym, len(start["tt"]), steps)
    _check_same(again, record, f"{name}: look_ahead() after load_state() undid it")
    if not ended:
        for one in (gym, other):
            one.load_state(before)
        _look_ahead(gym, len(start["tt"]), 3)
        gym.load_state(before)
        continued, expected = (_continue(one, start, False, steps) for one in (gym, other))
        _check_same(continued[1:], expected[1:], f"{name}: step() after look_ahead() was undone")


def _look_ahead(gym: Gym, points: int, steps: int) -> list[Any]:
    """Look ahead from an observation of ``points`` points, and return copies of all results."""
    name = f"{type(gym).__name__}.look_ahead()"
    record: list[Any] = []
    for index in range(steps):
        outputs = len(record[-1][2]["target"]) if record else 1
        prediction = None if index % 4 == 0 else np.full(outputs, 0.1 * (index % 7))
        result = gym.look_ahead(prediction)
        _require(
            isinstance(result, tuple) and len(result) == 2,
            f"{name} must return (observation, info), not {_kind(result)}",
        )
        observation, info = result
        _check_observation(name, observation)
        _check_growth(name, points, len(observation["tt"]))
        points = len(observation["tt"])
        _require(isinstance(info, dict), f"{name}: info must be a dict, not {_kind(info)}")
        _check_info_ahead(name, info, observation["target"].shape[1])
        record.append(_copied(observation, None, info))
    return record


def _check_info_ahead(name: str, info: Mapping[str, Any], outputs: int) -> None:
    for key in ("time", "target"):
        _require(key in info, f'{name}: info has no "{key}"')
    time, target = info["time"], info["target"]
    _require(
        isinstance(time, float | int | np.number) and bool(np.isfinite(time)),
        f'{name}: info["time"] must be a finite number, not {time!r}',
    )
    _require(
        isinstance(target, np.ndarray) and target.shape == (outputs,),
        f'{name}: info["target"] must be an array of shape ({outputs},), as in the observation, '
        f"not {target!r}",
    )


def _check_reset_at_any_time(gym: Gym) -> None:
    name = type(gym).__name__
    for _ in range(2):
        _checked_reset(name, gym.reset())
    _checked_step(name, gym.step(None))
