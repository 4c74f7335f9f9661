"""A Python layer, as in Caffe: ``python_param { module: "my_layers" layer: "Scaled" }`` in a model."""

import ast

import caffe


class Scaled(caffe.Layer):
    """y = factor * x."""

    def setup(self, bottom, top):
        """Read the settings."""
        self.factor = ast.literal_eval(self.param_str)["factor"]

    def reshape(self, bottom, top):
        """Give y the shape of x."""
        top[0].reshape(*bottom[0].data.shape)

    def forward(self, bottom, top):
        """Write y."""
        top[0].data[...] = self.factor * bottom[0].data

    def backward(self, top, propagate_down, bottom):
        """Write the gradient of x."""
        if propagate_down[0]:
            bottom[0].diff[...] = self.factor * top[0].diff
