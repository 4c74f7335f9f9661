"""A loss of your own in one file: a net learns to predict a quantile, such as the value that 9 of 10 stay below."""

from mycaffe_py import LossLayer, hookimpl


class TiltedLoss(LossLayer):
    """The sum of max(q * e, (q - 1) * e) over all errors e = target - prediction, divided by the batch size.

    Bottoms: predictions, and targets with equally many values, batch first. Top: a number.
    """

    type = "TiltedLoss"
    schema = """
      message TiltedLossParameter {
        optional double quantile = 1 [default = 0.5];  // q: the share of targets below; above 0 and below 1
      }
      extend LayerParameter { optional TiltedLossParameter tilted_loss_param = 368195425; }"""

    def setup(self, bottom, top):
        """Read q."""
        self.q = self.param.tilted_loss_param.quantile
        if not 0 < self.q < 1:
            self.fail("quantile must be above 0 and below 1", field="tilted_loss_param.quantile")

    def reshape(self, bottom, top):
        """Require as many targets as predictions; the top is a number."""
        super().reshape(bottom, top)
        self.require_same_count(bottom)

    def forward(self, bottom, top):
        """Write the loss."""
        e = self.errors(bottom)
        loss = self.xp.maximum(self.q * e, (self.q - 1) * e).sum()
        top[0].data[...] = loss / bottom[0].shape[0]

    def backward(self, top, propagate_down, bottom):
        """Write the gradient of the predictions: -q below the target, 1 - q above it."""
        self.refuse_label_gradients(propagate_down, bottom)
        if propagate_down[0]:
            slope = (self.errors(bottom) < 0).astype(self.dtype) - self.q
            bottom[0].diff[...] = top[0].diff * slope / bottom[0].shape[0]

    def errors(self, bottom):
        """Return the errors, in the shape of the predictions."""
        return bottom[1].data.reshape(bottom[0].shape) - bottom[0].data


@hookimpl
def mycaffe_layers():
    """Return the layers of this file: a loss is a layer."""
    return [TiltedLoss]
