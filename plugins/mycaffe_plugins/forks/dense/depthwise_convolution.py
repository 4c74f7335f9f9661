"""The ConvolutionDepthwise and DepthwiseConvolution layers."""

from __future__ import annotations

from mycaffe_plugins.vision import Convolution
from mycaffe_py.blob import Blob

FIELD = "convolution_param"


class ConvolutionDepthwise(Convolution):
    """Convolution in which each channel has a kernel of its own: y = W * x + b.

    Bottoms x (N, C, *spatial), tops y (N, C, *windows). Blobs: weight (C, 1, *kernel) and bias (C), those of a
    Convolution with ``group`` and ``num_output`` C, which need not be given here: as in the fork there are always as
    many maps and groups as channels; other numbers have no effect, with a warning.
    """

    recordable = True

    type = "ConvolutionDepthwise"
    fork = "BVLC/caffe#5665, MobileNet"

    def outputs_and_groups(self, bottom: Blob) -> tuple[int, int]:
        """Return the number of channels, twice."""
        param, channels = self.param.convolution_param, bottom.shape[self.axis]
        for name in ("num_output", "group"):
            if param.HasField(name) and getattr(param, name) != channels:
                self.warn(
                    f"{name} {getattr(param, name)} has no effect: this type makes one map for each "
                    f"of the {channels} channels"
                )
        return channels, channels


class DepthwiseConvolution(Convolution):
    """Convolution for ``group`` equal to the number of channels: y = W * x + b.

    Bottoms x (N, C, *spatial), tops y (N, num_output, *windows), num_output a multiple of C. Blobs: weight
    (num_output, 1, *kernel) and bias (num_output), those of a Convolution with group C. ``group`` is C if not given;
    fails if it is another number: the fork's own kernels would read wrong weights then.
    """

    recordable = True

    type = "DepthwiseConvolution"
    aliases = ("DepthwiseConv",)
    fork = "yonghenglh6/DepthwiseConvolution"

    def outputs_and_groups(self, bottom: Blob) -> tuple[int, int]:
        """Return ``num_output`` and the number of channels."""
        param, channels = self.param.convolution_param, bottom.shape[self.axis]
        if param.HasField("group") and param.group != channels:
            self.fail(
                f'group is {param.group}, but must be the number of channels of bottom "{bottom.name}" {bottom.shape}',
                field=f"{FIELD}.group",
                hint="use type Convolution for larger groups",
            )
        outputs, _ = super().outputs_and_groups(bottom)
        return outputs, channels
