"""A learning-rate policy of your own in one file: ``lr_policy: "inverse_root"`` and ``--plugin inverse_root.py``."""

from mycaffe_py import LrPolicy, hookimpl


class InverseRoot(LrPolicy):
    """base_lr / sqrt(1 + i / length) in iteration i = 0, 1, 2, ..."""

    type = "inverse_root"
    schema = """
      message InverseRootParameter {
        optional double length = 1 [default = 100];  // updates until the rate is 0.71 of base_lr; above 0
      }
      extend SolverParameter { optional InverseRootParameter inverse_root_param = 526317324; }"""

    def check(self):
        """Refuse a length that is not above 0."""
        if not self.param.inverse_root_param.length > 0:
            self.fail("needs length above 0", "inverse_root_param.length")

    def rate(self, iteration):
        """Return the rate of an update."""
        length = self.param.inverse_root_param.length
        return self.settings.base_lr / (1 + iteration / length) ** 0.5


@hookimpl
def mycaffe_lr_policies():
    """Return the learning-rate policies of this file."""
    return [InverseRoot]
