"""check_lr_policy: check that a learning-rate policy gives usable rates that a resumed training gives again."""

from __future__ import annotations

import math
import random
from numbers import Real
from typing import Any

from mycaffe_py.plugins.registry import Registry
from mycaffe_py.plugins.type_fields import own_fields
from mycaffe_py.solver.lr_policy import LrPolicy
from mycaffe_py.solver.schedule import settle

from .blaming import blaming
from .subjects import subject_of

_ALWAYS = {"lr_policy", "base_lr", "max_iter"}
_UPDATES = 200


def check_lr_policy(
    policy: Any, settings: str = "", *, registry: Registry | None = None, updates: int = 0
) -> None:
    """Raise AssertionError if a learning-rate policy violates its contract.

    ``policy`` is an LrPolicy class, with its settings as prototxt text, a type name, or a solver's settings as text or
    as a message: ``check_lr_policy(Root, "root_length: 9")``. base_lr 0.1 and max_iter 200 are added
    where they are missing. It is checked for the first ``updates`` updates (0: ``max_iter``, at most 1000)
    that

    - no fields are read but its own and those named in ``parameters``;
    - each rate is a finite number, not below 0, and the first ones are not all 0;
    - the rates are the same again, and asked for in another order: they follow from the settings, the iteration and
      ``current_step``, and asking changes nothing;
    - a policy made in the middle, given ``current_step`` alone, gives the same rates from there on.
    """
    message, registry = subject_of(policy, "lr_policies", settings, registry)
    check = _Check(message, registry)
    cls = type(registry.lr_policy(message))
    with blaming(f'lr_policy "{cls.type}"', cls):
        check.run(updates)


class _Watched:
    """Settings that note which of their fields are read."""

    def __init__(self, settings: Any, read: set[str]):
        self._settings, self._read = settings, read

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._settings, name)
        if name[:1].islower():  # a field's name, rather than a method's of messages
            self._read.add(name)
        return value


class _Check:
    def __init__(self, param: Any, registry: Registry):
        self.registry, self.param = registry, param
        for name, value in (("base_lr", 0.1), ("max_iter", _UPDATES)):
            if not self.param.HasField(name):
                setattr(self.param, name, value)

    def run(self, updates: int) -> None:
        policy = self.registry.lr_policy(self.param)
        self.type = policy.type
        self.updates = updates or max(1, min(self.param.max_iter, 1000))
        before = self.param.SerializeToString(deterministic=True)
        self.check_fields(policy)
        rates, steps = self.course(policy)
        for iteration, rate in enumerate(rates):
            self.expect(
                isinstance(rate, Real) and math.isfinite(rate) and rate >= 0,
                f"the rate of iteration {iteration} is {rate!r}, not a finite number of at least 0",
            )
        self.expect(self.param.base_lr == 0 or any(rates), "every rate is 0")
        again, _ = self.course(self.made())
        self.same(rates, again, "from a second policy with the same settings")
        self.check_asking(rates, steps)
        self.check_resuming(rates, steps)
        after = self.param.SerializeToString(deterministic=True)
        self.expect(before == after, "it changes the solver's settings")

    def expect(self, condition: Any, what: str) -> None:
        if not condition:
            raise AssertionError(f'lr_policy "{self.type}": {what}')

    def same(self, wanted: list[float], got: list[float], when: str, first: int = 0) -> None:
        for iteration, (one, other) in enumerate(zip(wanted, got, strict=True), first):
            self.expect(
                one == other, f"the rate of iteration {iteration} is {other!r} {when}, not {one!r}"
            )

    def made(self, step: int = 0) -> LrPolicy:
        policy: LrPolicy = self.registry.lr_policy(self.param)
        policy.current_step = step
        return policy

    def course(self, policy: LrPolicy, first: int = 0) -> tuple[list[float], list[int]]:
        """Return the rates of a training, and ``current_step`` before each update."""
        rates, steps = [], []
        for iteration in range(first, self.updates):
            steps.append(policy.current_step)
            rates.append(policy.rate(iteration))
            self.expect(
                policy.current_step == steps[-1],
                "rate() changes current_step; that is for advance(), which is called once for each update",
            )
            policy.advance(iteration)
        return rates, steps

    def check_fields(self, policy: LrPolicy) -> None:
        known = set(self.param.DESCRIPTOR.fields_by_name)
        read: set[str] = set()
        watched: Any = self.made()
        watched.param = _Watched(watched.param, read)
        watched.settings = _Watched(watched.settings, read)
        watched.check()
        self.course(watched)
        further = (read & known) - _ALWAYS - set(own_fields(type(policy), "lr_policies", known))
        self.expect(
            not further, f"it reads {', '.join(sorted(further))}, which parameters does not name"
        )

    def check_asking(self, rates: list[float], steps: list[int]) -> None:
        order = list(range(self.updates))
        random.Random(0).shuffle(order)
        policy = self.made()
        for iteration in order:
            policy.current_step = steps[iteration]
            got = policy.rate(iteration)
            self.expect(
                got == rates[iteration],
                f"the rate of iteration {iteration} is {got!r} if others were asked for before, not "
                f"{rates[iteration]!r}: it must follow from the iteration and current_step alone",
            )

    def check_resuming(self, rates: list[float], steps: list[int]) -> None:
        middle = self.updates // 2
        resumed, _ = self.course(self.made(steps[middle]), middle)
        self.same(rates[middle:], resumed, "after a resume", middle)
        ahead = self.made()
        settle(ahead, middle)
        again = ahead.current_step
        ahead.advance(middle)
        self.expect(
            ahead.current_step == again,
            "advance() takes a step at each call, whether or not one is due at that iteration",
        )
