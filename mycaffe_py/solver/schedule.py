"""The learning rate of each update: the policy's, after a warm-up if the solver asks for one."""

from __future__ import annotations

import copy
import math
from numbers import Integral, Real
from typing import Any

from mycaffe_py.errors import ConfigError, PluginError
from mycaffe_py.plugins.registry import Registry, default_registry

from .lr_policy import LrPolicy

WARMUP_FIELDS = ("warmup_iter", "warmup_start_lr", "warmup_form")
_CONSTANT, _EXPONENTIAL = 1, 2  # of WarmupForm; 0 is LINEAR


class RateSchedule:
    """The rates of a solver's settings: those of the policy, after ``warmup_iter`` updates that lead to them.

    ConfigError if the policy is unknown, or a setting of it or of the warm-up is missing or invalid. The iterations of
    the policy count from the first update, also with a warm-up: ``stepvalue``, ``max_iter`` and such mean the same.
    """

    def __init__(self, param: Any, registry: Registry | None = None):
        self.param = param
        self._registry = registry or default_registry()
        self._named = param.lr_policy
        self.policy: LrPolicy = self._registry.lr_policy(param)
        self.warmup_ended = False
        """Whether somebody has ended the warm-up before its time: see :meth:`end_warmup`."""
        self._check_warmup()
        self._target = self._rate_after_warmup() if param.warmup_iter else 0.0

    @property
    def current_step(self) -> int:
        """Steps done so far by a policy that counts them."""
        return self.policy.current_step

    @current_step.setter
    def current_step(self, step: int) -> None:
        self.policy.current_step = step

    def rate(self, iteration: int) -> float:
        """Return the learning rate of an update; ConfigError if the policy gives no finite number."""
        if self.param.lr_policy != self._named:
            self._change_policy()
        warmup = self.param.warmup_iter
        if iteration >= warmup or self.warmup_ended:
            return _finite_rate(self.policy, iteration)
        start = self.policy.settings.warmup_start_lr
        return _warming(self.param.warmup_form, start, self._target, iteration / warmup)

    def end_warmup(self, iteration: int) -> None:
        """Let the policy's own rates apply from now on, if ``iteration`` is one of the warm-up."""
        if iteration < self.param.warmup_iter:
            self.warmup_ended = True

    def restart(self) -> None:
        """Begin again: the next rate that is taken is that of iteration 0."""
        self.current_step, self.warmup_ended = 0, False

    def _change_policy(self) -> None:
        """Follow a program that has set another ``param.lr_policy``; a policy that counts goes on from that step."""
        policy = self._registry.lr_policy(self.param)
        policy.current_step = self.policy.current_step
        self.policy, self._named = policy, self.param.lr_policy

    def take(self, iteration: int) -> float:
        """Return the learning rate of an update that is now made: a policy that counts its steps counts it."""
        rate = self.rate(iteration)
        self.policy.advance(iteration)
        _check_step(self.policy)
        return rate

    def try_step(self, iteration: int) -> None:
        """Raise PluginError if the policy counts its steps in a form that no snapshot can store; changes nothing."""
        ahead = copy.copy(self.policy)
        ahead.advance(iteration)
        _check_step(ahead)

    def _check_warmup(self) -> None:
        param, policy = self.param, self.policy
        if param.warmup_iter < 0:
            _refuse(f"warmup_iter must be at least 0, got {param.warmup_iter}", "warmup_iter")
        if not param.warmup_iter:
            for name in WARMUP_FIELDS[1:]:
                if param.HasField(name):
                    _refuse(f"{name} has an effect only with warmup_iter above 0", name)
            return
        if not policy.allows_warmup:
            _refuse(
                f'lr_policy "{policy.type}" begins with a rise of its own: omit warmup_iter',
                "warmup_iter",
            )
        if 0 < param.max_iter <= param.warmup_iter:
            _refuse(
                f"warmup_iter is {param.warmup_iter}, but training ends at max_iter {param.max_iter}",
                "warmup_iter",
            )
        start = param.warmup_start_lr
        if not (math.isfinite(start) and start >= 0):
            _refuse(
                f"warmup_start_lr must be a finite number, at least 0, got {start:g}",
                "warmup_start_lr",
            )
        if param.warmup_form == _EXPONENTIAL and not start:
            at = "warmup_start_lr" if param.HasField("warmup_start_lr") else "warmup_form"
            _refuse("warmup_form EXPONENTIAL needs warmup_start_lr above 0", at)

    def _rate_after_warmup(self) -> float:
        """Return the rate that the warm-up leads to: the policy's at iteration ``warmup_iter``."""
        ahead, start = copy.copy(self.policy), self.policy.settings.warmup_start_lr
        settle(ahead, self.param.warmup_iter)
        target = _finite_rate(ahead, self.param.warmup_iter)
        if start > target:
            _refuse(
                f"warmup_start_lr is {start:g}, above the rate that the warm-up leads to, {target:g}",
                "warmup_start_lr" if self.param.HasField("warmup_start_lr") else "warmup_iter",
            )
        return target


def _check_step(policy: LrPolicy) -> None:
    step: Any = policy.current_step
    if not isinstance(step, Integral) or not 0 <= int(step) < 2**31:
        raise PluginError(
            f'lr_policy "{policy.type}": current_step is {step!r:.40}, but must be a whole number of at least 0',
            hint=f"see advance() of the class {type(policy).__name__}",
        )


def _finite_rate(policy: LrPolicy, iteration: int) -> float:
    rate: Any = policy.rate(iteration)
    if isinstance(rate, Real) and math.isfinite(rate):
        return float(rate)
    shown = f"{rate:g}" if isinstance(rate, float) else repr(rate)
    raise ConfigError(
        f'lr_policy "{policy.type}" gives {shown:.80} as the learning rate of iteration {iteration}, '
        "which is not a finite number",
        hint=None
        if isinstance(rate, Real)
        else f"rate() of {type(policy).__name__} must return a number",
        field="lr_policy",
    )


def _warming(form: int, start: float, target: float, share: float) -> float:
    """Return the rate after a share of the warm-up, from 0 at its first update to 1 at the first one after it."""
    if form == _CONSTANT:
        return start
    if form == _EXPONENTIAL:
        return float(start * (target / start) ** share)
    return start + (target - start) * share


def settle(policy: LrPolicy, iteration: int) -> None:
    """Let a policy take all steps that are due up to an iteration, at which it may not have been asked before."""
    for _ in range(iteration + 1):
        before = policy.current_step
        policy.advance(iteration)
        if policy.current_step == before:
            return


def _refuse(message: str, field: str) -> None:
    raise ConfigError(f"solver: {message}", field=field)
