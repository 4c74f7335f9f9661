"""A verb of your own in one file: ``mycaffe norms --plugin norms.py LiquidNetCfc.prototxt``."""

import click
import numpy as np

from mycaffe_py import TEST, Net, hookimpl
from mycaffe_py.cli import Verb


@click.command("norms", cls=Verb, examples=["mycaffe norms LiquidNetCfc.prototxt"])
@click.argument("model")
@click.option("--weights", metavar="FILE", help="Trained weights; default: the fillers' values.")
def command(model, weights):
    """Print shape and root mean square of all parameters of MODEL."""
    net = Net(model, TEST, weights=weights)
    for layer, blobs in net.params.items():
        for index, blob in enumerate(blobs):
            size = np.sqrt(np.mean(blob.data**2))
            click.echo(f"{layer}[{index}]  {blob.data.shape}  {size:.4g}")


@hookimpl
def mycaffe_commands():
    """Return the verbs of this file."""
    return [command]
