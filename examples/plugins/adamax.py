"""A solver of your own in one file: ``type: "Adamax"`` in a solver file, ``mycaffe train --plugin adamax.py ...``."""

from mycaffe_py import Solver, hookimpl


class Adamax(Solver):
    """Adam with the largest recent gradient as divisor (Kingma and Ba, arXiv 1412.6980, section 7.1).

    m = b1 * m + (1 - b1) * g;  u = max(b2 * u, |g|);  w -= rate / (1 - b1^t) * m / max(u, floor)
    with b1 = momentum, b2 = momentum2, and t = 1, 2, ...
    """

    type = "Adamax"
    history_slots = 2
    uses = ("momentum", "momentum2")
    schema = """
      message AdamaxParameter {
        optional double floor = 1 [default = 1e-8];  // the smallest divisor; above 0
      }
      extend SolverParameter { optional AdamaxParameter adamax_param = 132282064; }"""

    @classmethod
    def check(cls, param):
        """Refuse what would divide by 0."""
        for name in ("momentum", "momentum2"):
            if not 0 <= getattr(param, name) < 1:
                cls.fail(f"{name} must be at least 0 and below 1", name)
        if not param.adamax_param.floor > 0:
            cls.fail("floor must be above 0", "adamax_param.floor")

    def compute_update(self, group, rate):
        """Turn the gradient in group.diff into the step that is subtracted."""
        b1, b2 = self.settings.momentum, self.settings.momentum2
        mean, largest = group.history
        mean[...] = b1 * mean + (1 - b1) * group.diff
        largest[...] = self.xp.maximum(b2 * largest, abs(group.diff))
        divisor = self.xp.maximum(largest, self.param.adamax_param.floor)
        group.diff[...] = rate / (1 - b1 ** (self.updates_made + 1)) * mean / divisor


@hookimpl
def mycaffe_solvers():
    """Return the solvers of this file."""
    return [Adamax]
