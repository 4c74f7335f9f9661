"""The layers HSigmoid and HardSigmoid."""

from __future__ import annotations

from mycaffe_plugins.common import ActivationLayer
from mycaffe_py import functions


class HSigmoid(ActivationLayer):
    """Piecewise linear form of the logistic function, of MobileNet V3 (Howard et al. 2019).

    Bottom x of any shape, top y of the same shape; may work in place.
    y = min(max(x + 3, 0), 6) / 6; dx = dy / 6 where -3 < x < 3, else 0.
    """

    type = "HSigmoid"
    fork = "MobileNet"
    parameters = ()

    def make_activation(self) -> functions.Activation:
        """Return the function."""
        return functions.HardSigmoid(1 / 6, 0.5)


class HardSigmoid(ActivationLayer):
    """Piecewise linear form of the logistic function, with its slope and offset as settings.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = min(max(alpha * x + beta, 0), 1); dx = alpha * dy where 0 < y < 1, else 0.
    Forks disagree about a layer without settings: slope 1/6 (MobileNet V3) or 0.2 (ONNX). So one of
    ``alpha`` (else 0.2) and ``beta`` (else 0.5) must be given; HSigmoid is the form with 1/6.
    """

    type = "HardSigmoid"
    fork = "synopsys-caffe"
    parameters = ("hard_sigmoid_param",)

    def make_activation(self) -> functions.Activation:
        """Return the function of ``hard_sigmoid_param``."""
        param = self.param.hard_sigmoid_param
        if not (param.HasField("alpha") or param.HasField("beta")):
            self.fail(
                "needs its slope: forks of Caffe disagree about HardSigmoid without settings",
                field="hard_sigmoid_param",
                hint='write type: "HSigmoid" for MobileNet\'s, min(max(x + 3, 0), 6) / 6, or '
                "hard_sigmoid_param { alpha: 0.2 beta: 0.5 } for ONNX's",
            )
        return functions.HardSigmoid(param.alpha, param.beta)
