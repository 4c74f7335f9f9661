"""Runs in MLflow: ``mycaffe train --plugin mlflow_observer.py --observe mlflow ...``."""

import re
import time

from mycaffe_py import Observer, hookimpl
from mycaffe_py.events import StepDone, TrainingEnded


class MLflow(Observer):
    """Logs settings and metrics to where MLFLOW_TRACKING_URI leads; needs mlflow or mlflow-skinny."""

    type = "MLflow"
    schema = """message MLflowParameter { optional string experiment = 1 [default = "mycaffe"]; }
    extend ObserverParameter { optional MLflowParameter mlflow_param = 239972181; }"""

    def start(self, run):
        """Create MLflow's run; a resumed run goes on in the one whose number is in its former folder."""
        import mlflow

        self.client, self.metric, self.metrics = mlflow.MlflowClient(), mlflow.entities.Metric, []
        noted = (run.resumed_run or run.folder) / "mlflow"
        experiment = mlflow.set_experiment(self.param.mlflow_param.experiment).experiment_id
        self.id = (
            noted.read_text() if noted.exists() else self.client.create_run(experiment).info.run_id
        )
        self.client.update_run(self.id, status="RUNNING", name=str(run.folder))
        for key, value in {} if noted.exists() else run.settings.items():
            self.client.log_param(self.id, key, value)
        (run.folder / "mlflow").write_text(self.id)

    def observe(self, event):
        """Keep an update's metrics for ``idle``; tell MLflow how the run has ended."""
        if isinstance(event, StepDone):
            now = int(1000 * time.time())
            for name, value in event.named_values.items():
                name = re.sub(r"[^\w\-. /]", "_", name)  # what MLflow allows in names
                self.metrics.append(self.metric(name, value, now, event.iteration))
        elif isinstance(event, TrainingEnded):
            self.idle()
            status = {"done": "FINISHED", "interrupted": "KILLED"}.get(event.status, "FAILED")
            self.client.set_terminated(self.id, status)

    def idle(self):
        """Send what was kept, at most 1000 values at a time, as MLflow demands."""
        while self.metrics:
            self.client.log_batch(self.id, metrics=self.metrics[:1000])
            del self.metrics[:1000]


@hookimpl
def mycaffe_observers():
    """Return the observers of this plugin."""
    return [MLflow]
