"""An observer of your own in one file: ``mycaffe train --plugin best_loss.py --observe BestLoss ...``."""

from mycaffe_py import Observer, hookimpl
from mycaffe_py.events import StepDone


class BestLoss(Observer):
    """Keeps the lowest loss in a file in the run folder."""

    type = "BestLoss"
    schema = """
      message BestLossParameter {
        optional string file = 1 [default = "best.txt"];  // its name, without folder
      }
      extend ObserverParameter { optional BestLossParameter best_loss_param = 377582826; }"""

    @classmethod
    def check(cls, param):
        """Refuse a file outside the run folder."""
        if not param.best_loss_param.file or "/" in param.best_loss_param.file:
            cls.fail("file must be a name without folder", "best_loss_param.file")

    def start(self, run):
        """Before the first update."""
        self.path, self.best = run.folder / self.param.best_loss_param.file, float("inf")

    def observe(self, event):
        """Take one event."""
        if isinstance(event, StepDone):
            self.best = min(self.best, event.metrics["loss"])

    def idle(self):
        """Write what is known by now; called some ten times a second."""
        self.path.write_text(f"{self.best}\n")


@hookimpl
def mycaffe_observers():
    """Return the observers of this file."""
    return [BestLoss]
