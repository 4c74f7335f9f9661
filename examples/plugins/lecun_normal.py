"""A filler of your own in one file: ``weight_filler { type: "lecun_normal" }`` and ``--plugin lecun_normal.py``."""

from mycaffe_py import Filler, hookimpl
from mycaffe_py.layer import fans


class LecunNormal(Filler):
    """Normal numbers with mean 0 and deviation gain / sqrt(inputs of an output)."""

    type = "lecun_normal"
    schema = """
      message LecunNormalParameter {
        optional double gain = 1 [default = 1];  // above 0; the deviation of an output for inputs of deviation 1
      }
      extend FillerParameter { optional LecunNormalParameter lecun_normal_param = 84352118; }"""

    def check(self):
        """Refuse a gain that is not above 0."""
        if not self.param.lecun_normal_param.gain > 0:
            self.fail("gain must be above 0", "lecun_normal_param.gain")

    def values(self, shape, rng):
        """Return the values for a blob of this shape."""
        fan_in, _ = fans(shape)
        return self.param.lecun_normal_param.gain * rng.standard_normal(shape) / fan_in**0.5


@hookimpl
def mycaffe_fillers():
    """Return the fillers of this file."""
    return [LecunNormal]
