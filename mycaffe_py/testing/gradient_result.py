"""The result of checking one layer's gradient."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

OK, WRONG, KINK, NONE = "ok", "wrong", "at kinks only", "no gradient"
DATA, SETTINGS, UNFIT, FAILED = "data", "needs settings", "needs other bottoms", "failed"
BAD = (WRONG, FAILED)


@dataclass
class LayerGradient:
    """The result for one layer."""

    layer: str
    type: str
    result: str = OK
    bottoms: list[tuple[int, ...]] = field(default_factory=list)
    """The shapes of the bottoms that it was checked with."""
    parameters: int = 0
    entries: int = 0
    """How many derivatives were compared."""
    difference: float | None = None
    """The largest relative difference, or None if nothing was compared."""
    note: str = ""

    @property
    def bad(self) -> bool:
        """Whether the layer is at fault."""
        return self.result in BAD

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        values = asdict(self) | {"bottoms": [list(shape) for shape in self.bottoms]}
        if self.difference is not None and not math.isfinite(self.difference):
            values["difference"] = str(self.difference)
        return values
