"""The trainer's report at the end of a run."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.run.directory import RunDirectory
from mycaffe_py.run.reporting import make_report
from mycaffe_py.run.session import TrainingSession
from mycaffe_py.trainer import Report, ReportTable

TABLE = ReportTable("t", ("a",), [(1.5,)])


class Reporting:
    """Stands for a trainer."""

    kind, type = "trainer", "Reporting"

    def __init__(self, found):
        self.found = found

    def report(self):
        return self.found()


@pytest.fixture
def session_with(train_small, monkeypatch):
    monkeypatch.setattr("mycaffe_py.run.session.draw_pictures", lambda *_, **__: [])

    def session(report):
        training = train_small(iterations=3)
        training.trainer.report = report
        return TrainingSession(training, RunDirectory.create("runs", training.net.name))

    return session


def test_tables_are_written(tmp_path):
    report = Report([TABLE])
    assert make_report(Reporting(lambda: report), tmp_path, pytest.fail) is report
    assert (tmp_path / "report.csv").read_text() == "a\n1.5\n"


@pytest.mark.parametrize("found", [None, Report([], ["only words"])])
def test_without_tables_there_is_no_file(tmp_path, found):
    assert make_report(Reporting(lambda: found), tmp_path, pytest.fail) is found
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_a_warning(tmp_path):
    warnings = []
    (tmp_path / "report.csv").mkdir()
    assert make_report(Reporting(lambda: Report([TABLE])), tmp_path, warnings.append) is None
    assert len(warnings) == 1 and "report.csv" in warnings[0]


def test_numbers_that_are_no_numbers_are_null_in_the_record(session_with):
    bad = Report([ReportTable("t", ("a", "b"), [(float("nan"), np.inf)])])
    session = session_with(lambda: bad)
    assert session.run().report is bad
    assert session.record.fields["report"]["tables"][0]["rows"] == [
        [pytest.approx(np.nan, nan_ok=True), np.inf]
    ]
    assert '"rows": [' in (session.directory / "run.json").read_text()


def test_ctrl_c_while_it_is_made_loses_nothing_else(session_with):
    def interrupted():
        raise KeyboardInterrupt

    outcome = session_with(interrupted).run()
    assert (outcome.status, outcome.report) == ("done", None)
    assert "no report: interrupted while it was made" in outcome.warnings


def test_none_is_made_of_a_run_that_was_stopped_at_once(session_with):
    session = session_with(lambda: pytest.fail("asked for"))
    session._signals.at_once = True
    assert session.run().report is None


def test_none_is_made_of_a_run_that_failed(session_with):
    session = session_with(lambda: pytest.fail("asked for"))
    session.solver.net.params["cfc1"][0].data[...] = np.nan
    with pytest.raises(Exception, match="not finite|diverged|NaN|nan"):
        session.run()
