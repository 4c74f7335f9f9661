"""GymBatch: one seeded gym for each item of the batch, and the transfer of their data to a net's blobs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mycaffe_py.answers import state_of_gym
from mycaffe_py.errors import (
    ConfigError,
    DataError,
    ShapeError,
    SnapshotError,
    did_you_mean,
    within_field,
)
from mycaffe_py.forecast import Forecast
from mycaffe_py.layer.layer import TEST as PHASE_TEST
from mycaffe_py.net.net import Net
from mycaffe_py.seeding import gym_seed
from mycaffe_py.stored import Stored
from mycaffe_py.wording import counted

from .gym_answers import as_look_ahead, as_reset, as_step
from .time_forms import warn_of_time

ROLES = ("x", "tt", "mask", "target", "xhat")
_REQUIRED = ("x", "target", "xhat")


def blob_of_roles(net: Net, blob_names: Any) -> dict[str, str]:
    """Return role -> blob name, without optional roles that are not set and for which the net has no blob."""
    blobs: dict[str, str] = {}
    for role in ROLES:
        name = getattr(blob_names, role)
        if name in net.blobs:
            blobs[role] = name
        elif role in _REQUIRED or blob_names.HasField(role):
            near = did_you_mean(name, net.blobs) or f"blobs: {', '.join(net.blobs)}"
            raise ConfigError(
                f'trainer: blob_names says that {role} is blob "{name}", but net "{net.name}" has no such blob',
                hint=near,
                field=f"blob_names.{role}",
            )
        else:
            continue
        first = next(other for other in blobs if blobs[other] == name)
        if first != role:
            raise ConfigError(
                f'trainer: blob_names says that {first} and {role} are both blob "{name}"',
                field=f"blob_names.{role}",
            )
    return blobs


def _check_observation(gym: str, observation: Any) -> None:
    """Fail unless an observation has the arrays that :class:`mycaffe_py.gym.Gym` prescribes."""
    axes = {"x": 2, "tt": 1, "mask": 2, "target": 2}
    for role, expected in axes.items():
        values: Any = observation.get(role) if isinstance(observation, Mapping) else None
        if np.ndim(values) != expected or len(values) == 0:
            found = "missing" if values is None else f"of shape {np.shape(values)}"
            raise DataError(
                f"gym {gym}: {role} of its observation is {found}; "
                f"expected an array of {expected} axes, the first one for its points"
            )
    rows = {role: len(observation[role]) for role in axes}
    for role, count in rows.items():
        if count != rows["x"]:
            raise DataError(
                f"gym {gym}: x of its observation has {counted(rows['x'], 'row')}, but {role} has {count}; "
                "expected one row for each point"
            )


def _asks_for(gym: Any, points: int) -> bool:
    """Whether a number among the gym's settings, such as a window or a history, made it give that many points."""
    messages = [value for field, value in gym.param.ListFields() if field.message_type]
    numbers = [
        value
        for message in messages
        if hasattr(message, "ListFields")
        for field, value in message.ListFields()
        if any(word in field.name for word in ("window", "history", "points", "steps"))
    ]
    return points in numbers or points - 1 in numbers


_STORED_ACTIONS = "answers"
"""The key of the actions in solver states, which keep their format."""


def _point(
    observation: Mapping[str, np.ndarray], info: Mapping[str, Any]
) -> tuple[float, np.ndarray]:
    """Return the position and target of the latest point."""
    return float(info.get("x", info.get("time", 0.0))), np.array(observation["target"][-1])


def _past_of(seen: Sequence[tuple[float, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return the points seen of a gym, in the form of :meth:`Gym.past`."""
    times, values = zip(*seen, strict=True)
    return {"time": np.array(times), "value": np.array(values)}


class GymBatch:
    """N gyms for a net whose x blob has a batch of N; gym i is seeded from the run's seed and i.

    The first gym starts where its settings say. The others start at a random place (the option ``random_start``
    of ``reset``), since a deterministic curve would otherwise give N identical sequences.

    ``param`` is the TrainerParameter, with ``gym`` and ``blob_names``; ``purpose`` is TRAIN, TEST (gyms that separate
    test data then give only those) or FORECAST (with a single gym). ConfigError, ShapeError or DataError if gym and
    net do not fit. For each update: :meth:`advance` before the forward pass, then :meth:`take_prediction`, compared
    with ``target`` (batch, outputs).
    """

    TRAIN: ClassVar[str] = "train"
    TEST: ClassVar[str] = "test"
    FORECAST: ClassVar[str] = "forecast"

    def __init__(self, net: Net, param: Any, base_dir: Path, seed: int, purpose: str):
        self.roles = blob_of_roles(net, param.blob_names)
        x = net.device_blobs[self.roles["x"]]
        if x.num_axes < 2 or 0 in x.shape:
            raise ShapeError(
                f'blob "{x.name}" is {x.shape}, expected (batch, steps, features), to be filled by a gym'
            )
        self.batch, self.steps = x.shape[:2]
        cls = net.registry.gyms.find(param.gym.type)
        count = 1 if purpose == self.FORECAST else self.batch
        self.seeds = [gym_seed(seed, index, purpose) for index in range(count)]
        self.purpose = purpose
        self.actions: list[Any] | None = None
        self.x, self.time = 0.0, 0.0
        with within_field("gym"):
            self.gyms = [cls(param.gym, base_dir=base_dir, seed=one) for one in self.seeds]
            if purpose == self.TRAIN and "tt" in self.roles:
                warn_of_time(net, self.roles["tt"], self.gyms[0])
            outputs = self._try_out(net)
        self.target = np.zeros((self.batch, outputs))
        self.last_target = np.zeros((self.batch, outputs))
        self._begun = False

    def _try_out(self, net: Net) -> int:
        """Fail, before any training, unless the gym gives what the net needs.

        Returns the number of outputs. This runs the first gym, which :meth:`advance` then restarts.
        """
        # A net in phase TEST is usually not trained: its gym may have nothing to train on.
        options = {"forecast": True} if net.phase == PHASE_TEST else self._options(0)
        observation, info = as_reset(
            self.gyms[0], self.gyms[0].reset(seed=self.seeds[0], options=options)
        )
        _check_observation(self.gyms[0].type, observation)
        self._check_shapes(net, observation)
        points = len(observation["tt"])
        if self.purpose == self.TRAIN and points > self.steps and _asks_for(self.gyms[0], points):
            net.context.warn(
                f"gym {self.gyms[0].type} gives {points} points, of which the net uses the latest {self.steps}: "
                f'blob "{self.roles["x"]}" has {self.steps} steps'
            )
        self._warm_up(self.gyms[0], observation, info)
        return observation["target"].shape[1]

    def _options(self, index: int) -> dict[str, Any] | None:
        """Return the ``reset`` options for one of the gyms."""
        options: dict[str, Any] = {"random_start": True} if index else {}
        if self.purpose == self.TEST:
            options["part"] = "test"
        elif self.purpose == self.FORECAST:
            options["forecast"] = True
        return options or None

    def _check_shapes(self, net: Net, observation: Mapping[str, np.ndarray]) -> None:
        """Fail unless the gym's observation fits the blobs."""
        gym = self.gyms[0].type
        batch, steps = self.batch, self.steps
        width, outputs = observation["x"].shape[1], observation["target"].shape[1]
        expected = {
            "x": (batch, steps, width),
            "tt": (batch, steps, 1),
            "mask": (batch, steps, width),
            "target": (batch, outputs),
            "xhat": (batch, outputs),
        }
        for role, name in self.roles.items():
            blob, shape = net.device_blobs[name], expected[role]
            shared_mask = role == "mask" and blob.shape == (batch, steps, 1)
            fits = (blob.shape or (0,))[0] == batch and blob.count == math.prod(shape)
            if fits or shared_mask:
                continue
            fit = self.gyms[0].fit_field
            raise ShapeError(
                f"gym {gym} gives {math.prod(shape[1:])} values of {role} for each of {batch} sequences of {steps} "
                f'steps, but blob "{name}" is {blob.shape}',
                hint=f"change the shape of {name} in the model, to {shape} for example, or the gym's settings in "
                "the solver file" + (f"; or set {fit}: true to fit the model" if fit else ""),
            )

    def give_statistics(self, net: Net) -> None:
        """Pass the gym's statistics, if it has any, to the layers."""
        statistics = self.gyms[0].statistics()
        for layer in net.device_layers if statistics else ():
            layer.take_statistics(statistics)

    def forecast(self, net: Net, steps: int, start: Any = None) -> Forecast:
        """Look ``steps`` points ahead with the first gym; the net sees its own predictions of earlier points.

        ``start`` is the option of ``reset``. Only the first item of the batch is used.
        """
        gym = self.gyms[0]
        options = {"forecast": True} if start is None else {"forecast": True, "start": start}
        seen: list[tuple[float, np.ndarray]] = []
        observation, info = as_reset(gym, gym.reset(seed=self.seeds[0], options=options))
        self._warm_up(gym, observation, info, seen)
        past = gym.past() or _past_of(seen)
        notes = tuple(gym.forecast_notes(steps))
        prediction = None
        times, predictions, targets, unknown = [], [], [], False
        for _ in range(steps):
            observation, info = as_look_ahead(gym, gym.look_ahead(prediction))
            self._fill(net, [observation])
            net.forward_layers()
            prediction = self.prediction(net)[0]
            times.append(float(info.get("x", info.get("time", 0.0))))
            predictions.append(prediction)
            unknown |= "target" not in info
            targets.append(np.broadcast_to(info.get("target", np.nan), prediction.shape))
        if unknown:
            net.context.warn(
                f'gym {gym.type}: look_ahead() gave no info["target"]; its values count as unknown'
            )
        return Forecast(
            np.array(times), np.array(predictions), np.array(targets), notes=notes, **past
        )

    def advance(self, net: Net) -> None:
        """Step each gym with the prediction for its latest point, and fill the net's blobs with the next one."""
        actions: Sequence[Any] = self.actions or [None] * self.batch
        observations = []
        for index, gym in enumerate(self.gyms):
            if not self._begun:
                reset = as_reset(
                    gym, gym.reset(seed=self.seeds[index], options=self._options(index))
                )
                observation = self._warm_up(gym, *reset)
            else:
                observation, _, terminated, truncated, info = as_step(gym, gym.step(actions[index]))
                if terminated or truncated:
                    observation = self._warm_up(
                        gym, *as_reset(gym, gym.reset(options=self._options(index)))
                    )
                elif index == 0:
                    self._record_position(info)
            observations.append(observation)
        if not self._begun and self.purpose == self.TRAIN:
            self._warn_of_equal_gyms(net, observations)
        self._fill(net, observations)
        self._begun = True
        self.actions = None

    def _warn_of_equal_gyms(self, net: Net, observations: Sequence[Mapping[str, Any]]) -> None:
        """Warn if the gyms of a batch all begin with the same points: the batch is then one sequence many times."""
        first = observations[0]
        if self.steps > 1 < self.batch and all(
            np.array_equal(other[role], first[role])
            for other in observations[1:]
            for role in ("x", "target")
        ):
            net.context.warn(
                f"gym {self.gyms[0].type}: all {self.batch} gyms of the batch begin with the same points; "
                'reset() should begin at a random place, by the gym\'s seed, if its options have "random_start"'
            )

    def _record_position(self, info: Mapping[str, Any]) -> None:
        self.x, self.time = float(info.get("x", 0.0)), float(info.get("time", 0.0))

    def _warm_up(
        self,
        gym: Any,
        observation: Mapping[str, np.ndarray],
        info: Any,
        seen: list[tuple[float, np.ndarray]] | None = None,
    ) -> Any:
        """Run a restarted gym until it has a whole sequence; until then there is nothing to predict.

        ``seen`` collects position and target of each point.
        """
        seen = [] if seen is None else seen
        seen.append(_point(observation, info))
        for _ in range(len(observation["tt"]), self.steps):
            observation, _, terminated, truncated, info = as_step(gym, gym.step(None))
            seen.append(_point(observation, info))
            if terminated or truncated:
                raise ConfigError(
                    f"gym {gym.type} ended after {len(observation['tt'])} points, but the net needs {self.steps}",
                    hint="give more data, or fewer steps in the x, tt and mask shapes of the model",
                )
        if len(observation["tt"]) < self.steps:
            raise ConfigError(
                f"gym {gym.type} keeps a history of {len(observation['tt'])} points, but the net needs {self.steps}",
                hint="raise the gym's history or window, or lower the steps in the model",
            )
        if gym is self.gyms[0]:
            self._record_position(info)
        return observation

    def _fill(self, net: Net, observations: Sequence[Mapping[str, np.ndarray]]) -> None:
        """Write the latest points of the gyms into the first items of the batch.

        Each blob is written once: a copy to a GPU takes as long for one sequence as for the batch.
        """
        count = len(observations)
        for observation in observations:
            _check_observation(self.gyms[0].type, observation)
        for role in ("x", "tt", "mask", "target"):
            if role not in self.roles:
                continue
            points = -1 if role == "target" else slice(-self.steps, None)
            rows = [observation[role][points] for observation in observations]
            destination = net.device_blobs[self.roles[role]].data[:count]
            try:
                values = np.stack(rows)
                if role == "mask" and destination.size != values.size:
                    values = values.max(axis=-1)
                values = values.reshape(destination.shape)
            except ValueError as error:
                found = " and ".join(str(shape) for shape in dict.fromkeys(map(np.shape, rows)))
                raise DataError(
                    f"gym {self.gyms[0].type}: {role} of the latest points is of shape {found}, "
                    f'which does not fit blob "{self.roles[role]}", {destination.shape}'
                ) from error
            net.device.send(values, destination)
        for index, observation in enumerate(observations):
            targets = observation["target"]
            # A gym that keeps a single point does not show the previous target.
            self.last_target[index] = targets[-2] if len(targets) > 1 else self.target[index]
            self.target[index] = targets[-1]

    def prediction(self, net: Net) -> np.ndarray:
        """Return the net's prediction, (batch, outputs), on the host in float64."""
        blob = net.device_blobs[self.roles["xhat"]]
        return np.array(net.readings.of(blob), dtype=np.float64).reshape(self.batch, -1)

    def set_actions(self, predictions: np.ndarray) -> None:
        """Keep the predictions as the gyms' actions at the next :meth:`advance`."""
        self.actions = list(predictions)

    def take_prediction(self, net: Net) -> np.ndarray:
        """Return the net's prediction, (batch, outputs), and keep it as the gyms' actions."""
        prediction = self.prediction(net)
        self.set_actions(prediction)
        return prediction

    def state(self) -> dict[str, Any]:
        """Return the changing state, including each gym's.

        Before the first :meth:`advance`, which restarts all gyms, the first one's stands for all: the others have
        not been reset.
        """
        running = self.gyms if self._begun else self.gyms[:1] * len(self.gyms)
        return {
            "gyms": [state_of_gym(gym) for gym in running],
            _STORED_ACTIONS: None if self.actions is None else np.array(self.actions),
            "target": self.target.copy(),
            "last_target": self.last_target.copy(),
            "x": self.x,
            "time": self.time,
            "begun": self._begun,
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state` returned; SnapshotError if it does not fit the net."""
        lacking = {"last_target": self.last_target, "x": 0.0, "time": 0.0}  # in states of 0.3
        stored = Stored({**lacking, **Stored(state, "gyms").values}, "gyms")
        states = stored.items("gyms")
        if len(states) != len(self.gyms):
            raise SnapshotError(
                f"the state is of {len(states)} gyms, but the net's batch size is {self.batch}",
                hint="use the batch size of the run that wrote the snapshot",
            )
        absent = stored[_STORED_ACTIONS] is None
        actions = None if absent else stored.rows(_STORED_ACTIONS, len(states))
        shape, begun = self.target.shape, stored.flag("begun")
        target, last = stored.array("target", shape), stored.array("last_target", shape)
        x, time = (stored.number(name, finite=False) for name in ("x", "time"))
        for gym, gym_state in zip(self.gyms, states, strict=True):
            gym.load_state(Stored(gym_state, f"gym {gym.type}").values)
        self.actions, self._begun = actions, begun
        self.target[...], self.last_target[...], self.x, self.time = target, last, x, time

    def close(self) -> None:
        """Close every gym."""
        for gym in self.gyms:
            gym.close()
