"""Base classes of the fillers."""

from __future__ import annotations

from mycaffe_py.errors import ConfigError
from mycaffe_py.layer import Filler, fans


class DenseFiller(Filler):
    """A filler that sets every element, so that ``sparse`` does not apply."""

    def check(self) -> None:
        """Refuse ``sparse``."""
        if self.param.sparse != -1:
            raise ConfigError(
                f'sparse is {self.param.sparse} in a filler of type "{self.type}", '
                'but only a filler of type "gaussian" can be sparse'
            )


class ScaledFiller(DenseFiller):
    """A filler whose range depends on the number of inputs or outputs of a weight."""

    def fan(self, shape: tuple[int, ...]) -> float:
        """Return the number of inputs, of outputs or their mean, according to ``variance_norm``."""
        fan_in, fan_out = fans(shape)
        names = self.param.DESCRIPTOR.fields_by_name["variance_norm"].enum_type.values_by_number
        by_name = {"FAN_IN": fan_in, "FAN_OUT": fan_out, "AVERAGE": (fan_in + fan_out) / 2}
        # A blob without elements has no fan, and nothing to fill.
        return by_name[names[self.param.variance_norm].name] or 1.0
