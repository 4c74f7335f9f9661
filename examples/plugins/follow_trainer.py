"""A trainer of your own in one file: ``trainer { type: "Follow" gym { type: "Curve" } }`` in a solver file."""

from mycaffe_py import Trainer, hookimpl


class Follow(Trainer):
    """One update for each new point of a gym; metric: the mean absolute error of the latest prediction."""

    type = "Follow"
    best_metric = "abs_error"
    state_names = ("gyms",)  # what changes, and is stored in snapshots

    def __init__(self, solver, param, *, base_dir=None, seed=0):
        super().__init__(solver, param, base_dir=base_dir, seed=seed)
        self.gyms = self.gym_batch(solver.net)

    def prepare(self):
        """Before the forward pass: the gyms' next points into the net's blobs."""
        self.gyms.advance(self.solver.net)

    def collect(self):
        """After the backward pass: the prediction, which the gyms get with their next step."""
        self.error = self.error_of(self.solver.net, self.gyms)

    def error_of(self, net, gyms):
        """Return the mean absolute error of a prediction."""
        return float(abs(gyms.take_prediction(net) - gyms.target).mean())

    def metrics(self):
        """Return the figures of the latest update."""
        return {"abs_error": self.error}

    def test(self, net, iterations):
        """Follow gyms of its own without updates."""
        gyms, errors = self.gym_batch(net, "test"), []
        for _ in range(iterations):
            gyms.advance(net)
            net.forward_layers()
            errors.append(self.error_of(net, gyms))
        return {"abs_error": sum(errors) / iterations}


@hookimpl
def mycaffe_trainers():
    """Return the trainers of this file."""
    return [Follow]
