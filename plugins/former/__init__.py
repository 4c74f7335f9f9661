"""A bundled plugin's former top-level name, until 0.4: ``mycaffe_liquid`` leads to ``mycaffe_plugins.liquid``."""

import mycaffe_py  # noqa: F401  knows where the modules of former names are
from mycaffe_py.aliases import stand_for

stand_for(__name__)
