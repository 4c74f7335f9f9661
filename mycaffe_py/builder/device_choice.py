"""``auto``: the device that is faster for a net, by a rule or, between its limits, by a short trial."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from mycaffe_py.device.device import Device, open_device
from mycaffe_py.errors import DeviceError
from mycaffe_py.net.known_work import NetWork, known_work
from mycaffe_py.schema import Document

from .device_trial import Subject, trial_step, undisturbed

LEAST_FLOPS = 2e5
"""A step with fewer operations takes a processor a few microseconds, in which a GPU has not begun."""
MOST_FLOPS_A_PART = 1e8
"""A part of a step, of those that must wait for each other, takes a GPU about 50 microseconds: four launches of
kernels. With so many operations in each, one core of a processor takes at least 20 times as long."""
SECONDS = 3.0
_STEPS = 10
_LONG = 0.5
"""Seconds of a first step on the CPU, which compiles nothing, after which it needs no second one to warm up."""

GPU = "gpu:0"


@dataclass(frozen=True)
class Choice:
    """A device's name and, in words, why it was chosen."""

    name: str
    reason: str


def is_auto(device: Any) -> bool:
    """Whether a device's name leaves the choice to :func:`choose_device`."""
    return isinstance(device, str) and device.strip().lower() == "auto"


def choose_device(subject: Subject) -> Device:
    """Return the device that is faster for the subject: the first GPU or the CPU, with the reason.

    Without a GPU that can be used it is the CPU. Nothing that the subject refers to is changed.
    """
    try:
        gpu = open_device(GPU)
    except DeviceError as error:
        return Device("cpu", reason=error.message)
    choice = choose(subject, Device("cpu"), gpu)
    gpu.free_unused()
    if choice.name != gpu.name:
        return Device("cpu", reason=choice.reason)
    device = open_device(GPU)
    device.reason = choice.reason
    return device


def choose(subject: Subject, cpu: Device, gpu: Device) -> Choice:
    """Choose between two devices by the limits above, between them by :func:`measured`."""
    if subject.runs_python:
        return Choice(gpu.name, "the first GPU; Python layers are not tried out")
    with undisturbed(), np.errstate(all="ignore"):
        try:
            work = known_work(
                subject.model.message,
                subject.registry,
                subject.state.phase,
                _folder(subject.model),
                subject.state,
            )
        except Exception:  # the net itself will say what is wrong with it
            return Choice(gpu.name, "the first GPU")
        return by_rule(work, cpu, gpu) or measured(subject, work, cpu, gpu)


def _folder(document: Document) -> Path | None:
    return Path(document.filename).resolve().parent if document.text else None


def by_rule(work: NetWork, cpu: Device, gpu: Device) -> Choice | None:
    """Return the device for clearly small or clearly large nets; None for those between."""
    size = f"{_million(work.flops)} million operations a step"
    if work.flops < LEAST_FLOPS:
        return Choice(cpu.name, f"{size}: too few for a GPU")
    if work.flops >= MOST_FLOPS_A_PART * max(work.parts, 1):
        return Choice(gpu.name, f"{size} in {work.parts} parts: large enough for a GPU")
    return None


def measured(subject: Subject, work: NetWork, cpu: Device, gpu: Device) -> Choice:
    """Run some steps on both devices in turn, for at most SECONDS after those that warm up; return the faster."""
    times: dict[str, list[float]] = {cpu.name: [], gpu.name: []}
    try:
        steps = {device.name: trial_step(subject, work, device) for device in (cpu, gpu)}
        warm = {name: _seconds(step) for name, step in steps.items()}
        if warm[cpu.name] < _LONG:
            warm[cpu.name] = _seconds(steps[cpu.name])
        warm[gpu.name] = _seconds(steps[gpu.name])  # the first one compiled its kernels
        end = perf_counter() + SECONDS
        for _ in range(_STEPS):
            if perf_counter() + sum(warm.values()) > end:
                break
            for name, step in steps.items():
                times[name].append(_seconds(step))
    except Exception as error:  # whatever goes wrong there: the training itself will say so, or not
        failed = f"a trial failed: {' '.join(str(error).split()):.100}"
        return Choice(gpu.name, f"the first GPU; {failed}")
    took = {name: median(seconds or [warm[name]]) for name, seconds in times.items()}
    faster = min(took, key=lambda name: took[name])
    shown = ", ".join(f"{_ms(seconds)} ms on {name}" for name, seconds in took.items())
    return Choice(faster, f"faster in a trial: a step took {shown}")


def _seconds(step: Callable[[], None]) -> float:
    start = perf_counter()
    step()
    return perf_counter() - start


def _million(flops: float) -> str:
    return f"{flops / 1e6:,.0f}" if flops >= 1e7 else f"{flops / 1e6:.2g}"


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:.3g}"
