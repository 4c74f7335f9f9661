"""The policy fixed."""

from __future__ import annotations

from mycaffe_py.solver import LrPolicy


class Fixed(LrPolicy):
    """The rate is ``base_lr`` all the time."""

    type = "fixed"
    parameters = ()

    def rate(self, iteration: int) -> float:
        """Return base_lr."""
        return float(self.settings.base_lr)
