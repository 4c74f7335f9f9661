"""check_gym finds what is wrong with a gym."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.gym import Gym
from mycaffe_py.seeding import generator_state, named_generator, restore_generator
from mycaffe_py.testing.gyms import check_gym


class Good(Gym):
    """Random numbers, ten to an episode."""

    type = "Good"

    def __init__(self, param=None, *, base_dir=None, seed=0):
        super().__init__(param, base_dir=base_dir, seed=seed)
        self.rng = named_generator(seed, "gym")
        self.values = []

    def observation(self):
        column = np.array(self.values).reshape(-1, 1)
        return {"x": column, "tt": column[:, 0], "mask": np.ones_like(column), "target": column}

    def reset(self, *, seed=None, options=None):
        if seed is not None:
            self.rng = named_generator(seed, "gym")
        self.values = [self.rng.random()]
        return self.observation(), {}

    def step(self, action=None):
        self.values.append(self.rng.random())
        return self.observation(), 0.5, len(self.values) == 10, False, {}

    def state(self):
        return {"generator": generator_state(self.rng), "values": np.array(self.values)}

    def load_state(self, state):
        restore_generator(self.rng, state["generator"])
        self.values = state["values"].tolist()


class FourTuple(Good):
    def step(self, action=None):
        return super().step(action)[:4]


class BareObservation(Good):
    def reset(self, **options):
        return super().reset(**options)[0]


class NoTime(Good):
    def observation(self):
        return {"x": super().observation()["x"]}


class FlatMask(Good):
    def observation(self):
        return {**super().observation(), "mask": np.ones(len(self.values))}


class IntegerTarget(Good):
    def observation(self):
        return {**super().observation(), "target": np.ones((len(self.values), 1), int)}


class NotFinite(Good):
    def observation(self):
        return {**super().observation(), "tt": np.full(len(self.values), np.nan)}


class ShortTime(Good):
    def observation(self):
        return {**super().observation(), "tt": np.zeros(len(self.values) + 1)}


class WrongReward(Good):
    def step(self, action=None):
        observation, _, *rest = super().step(action)
        return observation, 1, *rest


class WrongFlag(Good):
    def step(self, action=None):
        observation, reward, _, *rest = super().step(action)
        return observation, reward, None, *rest


class TwoPointsAStep(Good):
    def step(self, action=None):
        self.values.append(0.0)
        return super().step(action)


class IgnoresSeed(Good):
    def reset(self, *, seed=None, options=None):
        return super().reset()


class Shared(Good):
    count = 0

    def step(self, action=None):
        Shared.count += 1
        return *super().step(action)[:4], {"count": Shared.count}


class SharedBySeed(Good):
    """Instances meet in one generator, which each new one starts again."""

    generator = None

    def __init__(self, param=None, *, base_dir=None, seed=0):
        super().__init__(param, base_dir=base_dir, seed=seed)
        SharedBySeed.generator = self.rng

    def reset(self, *, seed=None, options=None):
        result = super().reset(seed=seed)
        SharedBySeed.generator = self.rng
        return result

    def step(self, action=None):
        self.rng = SharedBySeed.generator
        return super().step(action)


class ForgetsGenerator(Good):
    def load_state(self, state):
        self.values = state["values"].tolist()


class ForgetsStart(Good):
    """Its start, which only the option random_start changes, is not in its state."""

    start = 0.0

    def reset(self, *, seed=None, options=None):
        self.start = 0.5 if (options or {}).get("random_start") else 0.0
        return super().reset(seed=seed)

    def observation(self):
        return {**super().observation(), "tt": np.arange(len(self.values)) + self.start}


class LiveState(Good):
    def state(self):
        return {**super().state(), "live": self.live}

    def step(self, action=None):
        self.live.append(1)
        return super().step(action)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.live = []


class ObjectState(Good):
    def state(self):
        return {**super().state(), "object": object()}


class NoType(Good):
    type = ""


class Ahead(Good):
    """Looks ahead: the values are the predictions."""

    def look_ahead(self, prediction=None):
        self.values[-1] = self.values[-1] if prediction is None else float(prediction[0])
        self.values.append(self.values[-1])
        return self.observation(), {"time": len(self.values), "target": np.array([np.nan])}


class AheadWithReward(Ahead):
    def look_ahead(self, prediction=None):
        return *super().look_ahead(prediction), 0.0


class AheadWithoutTarget(Ahead):
    def look_ahead(self, prediction=None):
        return super().look_ahead(prediction)[0], {"time": 0.0}


class AheadWithoutTime(Ahead):
    def look_ahead(self, prediction=None):
        return super().look_ahead(prediction)[0], {"time": None, "target": np.zeros(1)}


class AheadWithWideTarget(Ahead):
    def look_ahead(self, prediction=None):
        return super().look_ahead(prediction)[0], {"time": 0.0, "target": np.zeros(2)}


class AheadNotFinite(Ahead):
    def look_ahead(self, prediction=None):
        return super().look_ahead(np.array([np.nan]))


class AheadByTwo(Ahead):
    def look_ahead(self, prediction=None):
        self.values.append(0.0)
        return super().look_ahead(prediction)


class AheadForGood(Ahead):
    """What was looked ahead is not taken back."""

    offset = 0.0

    def look_ahead(self, prediction=None):
        self.offset += 1
        observation, info = super().look_ahead(prediction)
        return {**observation, "x": observation["x"] + self.offset}, info


class Telling(Good):
    """Answers whatever the test wants of the gym itself."""

    form, kept, before = "spans", {}, {}

    def time_form(self):
        return self.form

    def statistics(self):
        ones = np.ones(1)
        return {"mean": ones, "deviation": ones, "relative_deviation": ones, **self.kept}

    def past(self):
        return {"time": np.zeros(4), "value": np.zeros((4, 1)), "names": ("a",), **self.before}


class Milliseconds(Telling):
    form = "milliseconds"


class WideStatistics(Telling):
    kept = {"mean": np.ones(2)}


class NoDeviation(Telling):
    kept = {"deviation": np.zeros(1)}


class OtherStatistics(Telling):
    kept = {"median": np.ones(1)}


class ShortPast(Telling):
    before = {"value": np.zeros((3, 1))}


class PastOfUnknownNames(Telling):
    before = {"unit": "ppm"}


class PastOfTwoNames(Telling):
    before = {"names": ("a", "b")}


def test_a_good_gym_passes():
    check_gym(lambda seed: Good(seed=seed))
    check_gym(lambda seed: Ahead(seed=seed))
    check_gym(lambda seed: Telling(seed=seed))


@pytest.mark.parametrize(
    ("gym_class", "message"),
    [
        (FourTuple, "must return (observation, reward, terminated, truncated, info), not a tuple"),
        (BareObservation, "BareObservation.reset() must return (observation, info), not a dict"),
        (NoTime, 'the observation has no "tt"'),
        (FlatMask, 'observation["mask"] must have 2 axes; its shape is (1,)'),
        (IntegerTarget, 'observation["target"] must contain floats, not int'),
        (NotFinite, 'observation["tt"] contains NaN or infinity'),
        (ShortTime, "arrays of different numbers of points"),
        (WrongReward, "reward must be a finite float, not 1 (a int)"),
        (WrongFlag, "terminated must be a bool, not None"),
        (TwoPointsAStep, "went from 1 points to 3; a step adds one"),
        (IgnoresSeed, "reset(seed=1) after a run with another seed: the observation differs"),
        (Shared, "two gyms made with seed 1: the info differs"),
        (SharedBySeed, "a run beside another instance: the observation differs"),
        (ForgetsGenerator, "a run continued by load_state(): the observation differs"),
        (
            ForgetsStart,
            "a run from a random start continued by load_state(): the observation differs",
        ),
        (LiveState, "state() returned something that later steps changed"),
        (ObjectState, "state() must contain NumPy arrays and JSON values by name"),
        (NoType, "NoType.type is empty"),
        (AheadWithReward, "look_ahead() must return (observation, info), not a tuple of 3"),
        (AheadWithoutTarget, 'look_ahead(): info has no "target"'),
        (AheadWithoutTime, 'info["time"] must be a finite number, not None'),
        (AheadWithWideTarget, 'info["target"] must be an array of shape (1,)'),
        (AheadNotFinite, 'look_ahead(): observation["x"] contains NaN'),
        (AheadByTwo, "AheadByTwo.look_ahead() went from"),
        (Milliseconds, "Milliseconds.time_form() is 'milliseconds', not one of"),
        (
            WideStatistics,
            "statistics(): mean must be finite and of shape (1,), the number of columns of x",
        ),
        (NoDeviation, "statistics(): deviation must be above 0"),
        (OtherStatistics, "statistics() must return arrays named"),
        (ShortPast, "past(): value must be of shape (4, 1); it is (3, 1)"),
        (PastOfUnknownNames, "past() must return time and value, and may return"),
        (PastOfTwoNames, "past(): names must be 1, not ('a', 'b')"),
        (AheadForGood, "look_ahead() continued by load_state(): the observation differs"),
    ],
)
def test_what_is_wrong_is_said(gym_class, message):
    with pytest.raises(AssertionError) as raised:
        check_gym(lambda seed: gym_class(seed=seed))
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "field", ["curve_param.csv_fil", "curve_param", "curve_param.step", "type.x"]
)
def test_an_input_field_that_names_no_file(registry, field):
    param = registry.schema.parse_text('type: "Curve"', "GymParameter").message
    curve = registry.gyms.find("Curve")
    cls = type("Wrong", (curve,), {"input_field": field})
    with pytest.raises(AssertionError, match=r"Wrong\.input_field: "):
        check_gym(lambda seed: cls(param, seed=seed), steps=5)


def test_something_that_is_no_gym():
    with pytest.raises(AssertionError, match="object does not derive from mycaffe_py's Gym"):
        check_gym(lambda seed: object())


def test_a_prototxt_is_looked_up_in_the_registry(registry):
    check_gym('type: "curve"', steps=5, registry=registry)
