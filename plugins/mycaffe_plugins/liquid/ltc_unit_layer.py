"""The LTC_UNIT layer: one step of the liquid time-constant cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob

from .cells import CellKind, ltc_cell
from .cfc_unit_layer import CfcUnitLayer
from .conditions import WIRING_CONDITIONS


class LtcUnitLayer(CfcUnitLayer):
    """h' = cell(x, h, ts): one step, so that a net can be wired cell by cell.

    Bottoms: x (N, I), h (N, H), ts (N) or (N, 1), the elapsed time. Tops: h' (N, H); in the form NCPS optionally a
    second one, h' output_w + output_b of the motor neurons, (N, their number). Equations: see the module ltc_cell;
    blobs: gleak, vleak, cm, sigma, mu, w, erev, sensory_sigma, sensory_mu, sensory_w, sensory_erev, input_w,
    input_b, then output_w and output_b. A time span must not be negative; in the authors' form, not below -1.
    Source: Hasani et al. 2021 and the authors' code; Lechner et al. 2020 and the ncps library.
    """

    recordable = True

    type = "LTC_UNIT"
    parameters = ("ltc_unit_param", "wiring_param")
    conditions = WIRING_CONDITIONS
    exact_num_top_blobs = None
    min_top_blobs = 1
    max_top_blobs = 2

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings and create the blobs; the number of inputs is fixed from here on."""
        super().setup(bottom, top)
        if len(top) > 1 and self.cell.output_map is None:
            self.fail(
                "has 2 tops, but only the form NCPS has an output besides the state",
                field="ltc_unit_param.form",
                hint="leave the second top out, or write form: NCPS",
            )

    def _kind(self) -> CellKind:
        return ltc_cell(self, self.columns)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms against each other and size buffers and tops."""
        super().reshape(bottom, top)
        if len(top) > 1:
            top[1].reshape(top[0].shape[0], self.cell.output_size)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write h' = cell(x, h, ts), and the output of the motor neurons."""
        super().forward(bottom, top)
        if len(top) > 1 and self.cell.output_map is not None:
            output_w, output_b = (blob.data for blob in self.cell.output_map)
            state, output = top[0].data[:, : self.cell.output_size], top[1].data
            self.xp.multiply(state, output_w, out=output)
            output += output_b

    def _state_gradient(self, top: Sequence[Blob]) -> Any:
        gradient = top[0].diff.T.copy()
        if len(top) > 1 and self.cell.output_map is not None:
            output_w, output_b = self.cell.output_map
            given, motors = top[1].diff, self.cell.output_size
            gradient[:motors] += (given * output_w.data).T
            diff = output_w.diff
            diff += (given * top[0].data[:, :motors]).sum(axis=0)
            diff = output_b.diff
            diff += given.sum(axis=0)
        return gradient
