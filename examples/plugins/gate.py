"""A layer of your own in one file: ``mycaffe train --plugin gate.py ...``."""

from mycaffe_py import Layer, hookimpl


class Gate(Layer):
    """y = scale * x * sigmoid(x), elementwise."""

    type = "Gate"
    schema = """
      message GateParameter {
        optional double scale = 1 [default = 1];  // factor of the output
      }
      extend LayerParameter { optional GateParameter gate_param = 356491270; }"""

    def forward(self, bottom, top):
        """Write y = scale * x * s, with s = sigmoid(x)."""
        x = bottom[0].data
        top[0].data[...] = self.param.gate_param.scale * x / (1 + self.xp.exp(-x))

    def backward(self, top, propagate_down, bottom):
        """Write the gradient; dy/dx = scale * s * (1 + x * (1 - s))."""
        if propagate_down[0]:
            x, s = bottom[0].data, 1 / (1 + self.xp.exp(-bottom[0].data))
            bottom[0].diff[...] = self.param.gate_param.scale * top[0].diff * s * (1 + x * (1 - s))


@hookimpl
def mycaffe_layers():
    """Return the layers of this file."""
    return [Gate]
