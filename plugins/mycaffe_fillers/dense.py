"""What several fillers need."""

from __future__ import annotations

from mycaffe_py.errors import ConfigError
from mycaffe_py.filler import Filler, fans


class DenseFiller(Filler):
    """A filler that gives every element a value, so that ``sparse`` makes no sense with it."""

    def check(self) -> None:
        """Refuse ``sparse``."""
        if self.param.sparse != -1:
            raise ConfigError(
                f'sparse is {self.param.sparse} in a filler of type "{self.type}", '
                'but only a filler of type "gaussian" can be sparse'
            )


class ScaledFiller(DenseFiller):
    """A filler whose spread depends on the number of inputs or outputs of a weight."""

    def fan(self, shape: tuple[int, ...]) -> float:
        """Return the number that ``variance_norm`` asks for."""
        fan_in, fan_out = fans(shape)
        names = self.param.DESCRIPTOR.fields_by_name["variance_norm"].enum_type.values_by_number
        by_name = {"FAN_IN": fan_in, "FAN_OUT": fan_out, "AVERAGE": (fan_in + fan_out) / 2}
        # A blob without elements has no fan, and nothing to fill.
        return by_name[names[self.param.variance_norm].name] or 1.0
