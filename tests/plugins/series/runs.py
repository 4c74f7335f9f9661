"""Small trainings on a table, for the tests of runs of the Series gym."""

from __future__ import annotations

from mycaffe_py.builder import build_training

GYM = "solver.trainer.gym.series_param."
SMALL = ("cfc.cfc_param.hidden_size=3", "cfc.cfc_unit_param.backbone_units=3")
FORMER = ("SeriesStandardized.prototxt", "RNN.SUPER_SIMPLE")


def solver_text(csv, settings="", updates=2, net="SeriesCfc.prototxt", trainer="SERIES"):
    fit = "" if "fit_model" in settings else "fit_model: true"
    return (
        f'net: "{net}" type: "AdamW" base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 momentum2: 0.99 '
        f'max_iter: {updates} snapshot_after_train: false trainer {{ type: "{trainer}" gym {{ type: "Series" '
        f'series_param {{ csv_file: "{csv}" {fit} {settings} }} }} }}'
    )


def build(csv, settings="", *, updates=2, former=False, overrides=(), **options):
    """Return a Training with a small net; ``former``: by RNN.SUPER_SIMPLE."""
    net, trainer = FORMER if former else ("SeriesCfc.prototxt", "SERIES")
    return build_training(
        solver=solver_text(csv, settings, updates, net, trainer),
        overrides=[*SMALL, *overrides],
        seed=1,
        device="cpu",
        **options,
    )


def trained(csv, settings="", **options):
    """Return a Training after its updates."""
    training = build(csv, settings, **options)
    training.solver.solve()
    return training


def reused(training, csv, *overrides, **options):
    """Return the same training for use, by its own settings, with another file."""
    folder = csv.parent
    training.net.save(str(folder / "w.caffemodel"))
    document = training.solver_document.copy()
    return build_training(
        solver=document,
        model=training.model.copy(),
        overrides=[f"{GYM}csv_file={csv}", *overrides],
        seed=1,
        device="cpu",
        phase="TEST",
        weights=[str(folder / "w.caffemodel")],
        **options,
    )
