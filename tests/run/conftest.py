from __future__ import annotations

import pytest

from mycaffe_py.builder import build_training


@pytest.fixture
def train_small(monkeypatch, tmp_path, registry):
    """Build a small training of the shipped files in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def build(*overrides, iterations=20, seed=7):
        return build_training(
            solver="adamw.prototxt",
            model="LiquidNetCfc.prototxt",
            registry=registry,
            seed=seed,
            overrides=(
                "cfc1.cfc_param.hidden_size=4",
                "cfc1.cfc_unit_param.backbone_units=4",
                f"solver.max_iter={iterations}",
                "solver.display=5",
                *overrides,
            ),
        )

    return build


@pytest.fixture
def no_pictures(monkeypatch):
    monkeypatch.setattr("mycaffe_py.run.session.draw_pictures", lambda *_, **__: [])
