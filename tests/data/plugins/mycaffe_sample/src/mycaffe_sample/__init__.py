"""A third party's plugin that offers one of each kind; the tests install and use it."""

from pathlib import Path

import click

from mycaffe_py.plugins.hookspecs import hookimpl

from .parts import HalfFiller, PlainSolver, RampGym, RampTrainer, Scale2


@hookimpl
def mycaffe_schema():
    """Settings of the layer and the gym."""
    return [Path(__file__).with_name("sample.proto")]


@hookimpl
def mycaffe_layers():
    """One layer."""
    return [Scale2]


@hookimpl
def mycaffe_solvers():
    """One solver."""
    return [PlainSolver]


@hookimpl
def mycaffe_fillers():
    """One filler."""
    return [HalfFiller]


@hookimpl
def mycaffe_gyms():
    """One gym."""
    return [RampGym]


@hookimpl
def mycaffe_trainers():
    """One trainer."""
    return [RampTrainer]


@click.command("sample-hello")
def hello():
    """Say hello."""
    click.echo("hello from the sample")


@hookimpl
def mycaffe_commands():
    """One verb."""
    return [hello]
