"""Write tests/data/cuda_kernels.json: the registers and the shared memory of each kernel.

    python -m tools.cuda_kernels

It needs the wheel nvidia-cuda-nvrtc, but no GPU. The tests compile the kernels again and compare.
"""

from __future__ import annotations

import json

from .nvrtc import version
from .table import TABLE, row_of
from .variants import variants


def main() -> None:
    """Compile every variant and write the table, a line for each."""
    rows = {variant.name: row_of(variant) for variant in variants()}
    lines = [f"    {json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items()]
    text = f'{{\n  "nvrtc": "{version()}",\n  "rows": {{\n' + ",\n".join(lines) + "\n  }\n}\n"
    TABLE.write_text(text, encoding="utf-8")
    print(f"{len(rows)} variants: {TABLE}")


main()
