"""Text and files: literals, prototxt, the wire format, --set, CSV."""

from __future__ import annotations

from .mutant import Mutant

LITERALS = "mycaffe_py/schema/proto/literals.py"
VALUES = "mycaffe_py/schema/prototxt/values.py"
PROTOTXT = "mycaffe_py/schema/prototxt/parser.py"
PROTOTXT_TOKENS = "mycaffe_py/schema/prototxt/tokens.py"
WIRE = "mycaffe_py/weights/wire.py"
SEAL = "mycaffe_py/weights/seal.py"
OVERRIDES = "mycaffe_py/builder/overrides.py"
FIELD_PATH = "mycaffe_py/schema/field_path.py"
CSV_TABLE = "mycaffe_py/tables/table.py"
CSV_READING = "mycaffe_py/tables/reading.py"
CSV_NUMBERS = "mycaffe_py/tables/numbers.py"

OF_TEXT = ("tests/schema/test_prototxt.py", "tests/schema/test_mistakes.py")
OF_WIRE = (
    "tests/weights/test_wire_format.py",
    "tests/weights/test_wrong_files.py",
    "tests/weights/test_seal.py",
)
OF_SET = ("tests/builder/test_overrides.py", "tests/schema/test_field_path.py")
OF_CSV = (
    "tests/plugins/gyms/test_csv_curve.py",
    "tests/plugins/series/test_series_files.py",
)
OF_TABLES = (
    "tests/tables/test_numbers.py",
    "tests/tables/test_text_files.py",
    "tests/tables/test_delimiters.py",
)

MUTANTS = (
    Mutant(
        "literal-octal-as-decimal",
        LITERALS,
        "int(octal[1] + octal[2], 8)",
        "int(octal[1] + octal[2], 10)",
        OF_TEXT,
    ),
    Mutant(
        "literal-float-with-a-letter",
        LITERALS,
        'return float(text.rstrip("fF"))',
        'return float(text.rstrip("f"))',
        OF_TEXT,
    ),
    Mutant(
        "literal-octal-float",
        LITERALS,
        'if _OCTAL_FLOAT.match(text) and text.lstrip("-").isdigit():',
        "if False:",
        OF_TEXT,
    ),
    Mutant(
        "literal-octal-escape-above-a-byte",
        LITERALS,
        "(int(octal, 8) if octal else int(hexadecimal, 16)) & 0xFF",
        "min(int(octal, 8) if octal else int(hexadecimal, 16), 0xFF)",
        OF_TEXT,
    ),
    Mutant(
        "literal-true-as-a-letter",
        LITERALS,
        '_TRUE = frozenset(("true", "t", "1", "True"))',
        '_TRUE = frozenset(("true", "1", "True"))',
        OF_TEXT,
    ),
    Mutant(
        "value-largest-integer",
        VALUES,
        "if value is None or not lowest <= value <= highest:",
        "if value is None or not lowest <= value < highest:",
        OF_TEXT,
    ),
    Mutant(
        "value-least-integer",
        VALUES,
        "if value is None or not lowest <= value <= highest:",
        "if value is None or not lowest < value <= highest:",
        (*OF_TEXT, "tests/schema/test_core_schema.py"),
    ),
    Mutant(
        "prototxt-byte-order-mark",
        PROTOTXT,
        '_with_newlines(text.removeprefix("\\ufeff"))',
        "_with_newlines(text)",
        OF_TEXT,
    ),
    Mutant(
        "prototxt-comment-in-a-string",
        PROTOTXT_TOKENS,
        """    | (?P<string>"(?:[^"\\\\\\n]|\\\\[^\\n])*\"""",
        """    | (?P<string>"(?:[^"\\\\\\n#]|\\\\[^\\n])*\"""",
        OF_TEXT,
    ),
    Mutant(
        "wire-long-varint",
        WIRE,
        "for shift in range(0, 70, 7):",
        "for shift in range(0, 28, 7):",
        OF_WIRE,
    ),
    Mutant(
        "wire-fixed-sizes-exchanged",
        WIRE,
        "(8 if wire_type == _FIXED64 else 4)",
        "(4 if wire_type == _FIXED64 else 8)",
        OF_WIRE,
    ),
    Mutant(
        "wire-field-number-0",
        WIRE,
        "(_VARINT, _FIXED64, _LENGTH, _FIXED32) and number != 0",
        "(_VARINT, _FIXED64, _LENGTH, _FIXED32)",
        OF_WIRE,
    ),
    Mutant(
        "seal-size-without-itself",
        SEAL,
        "size = _SIZE_MARK.size + len(body) + 2 * len(mark)",
        "size = len(body) + 2 * len(mark)",
        OF_WIRE,
    ),
    Mutant(
        "seal-checksum-not-compared",
        SEAL,
        "or head != _mark(body[front:])",
        "",
        OF_WIRE,
    ),
    Mutant(
        "seal-checksum-at-the-front-alone",
        SEAL,
        "or size is not None and summed[1]",
        "",
        OF_WIRE,
    ),
    Mutant(
        "override-layer-name-with-a-dot",
        OVERRIDES,
        "for name in reversed(owners)]",
        "for name in owners]",
        OF_SET,
    ),
    Mutant(
        "override-one-layer-of-a-name",
        OVERRIDES,
        "for target, path in self._targets(key):",
        "for target, path in self._targets(key)[:1]:",
        OF_SET,
    ),
    Mutant(
        "override-adds-to-a-repeated-field",
        FIELD_PATH,
        "        message.ClearField(field.name)\n",
        "",
        OF_SET,
    ),
    Mutant(
        "override-hexadecimal-number",
        FIELD_PATH,
        "value = int(text, 0)",
        "value = int(text)",
        OF_SET,
    ),
    Mutant(
        "override-range-of-integers",
        FIELD_PATH,
        "if not lowest <= value <= highest:",
        "if not lowest <= value < highest:",
        OF_SET,
    ),
    Mutant(
        "override-comma-in-quotes",
        FIELD_PATH,
        """\\s*("[^"]*"|'[^']*'|[^,]*)""",
        """\\s*('[^']*'|[^,]*)""",
        OF_SET,
    ),
    Mutant(
        "csv-byte-order-mark",
        "mycaffe_py/tables/decoding.py",
        'raw.decode("utf-8-sig")',
        'raw.decode("utf-8")',
        OF_CSV,
    ),
    Mutant(
        "csv-line-of-an-error",
        CSV_READING,
        "lines.append(skipped + reader.line_num)",
        "lines.append(skipped + len(rows))",
        OF_CSV,
    ),
    Mutant(
        "csv-equal-times",
        CSV_TABLE,
        "np.flatnonzero(np.diff(times) < 0)",
        "np.flatnonzero(np.diff(times) <= 0)",
        OF_CSV,
    ),
    Mutant(
        "csv-delimiter-whatever-its-cells",
        "mycaffe_py/tables/delimiters.py",
        "_plain_share(rows, delimiter) * often / len(rows)",
        "often / len(rows)",
        OF_TABLES,
    ),
    Mutant(
        "csv-point-always-decimal",
        CSV_NUMBERS,
        "if found is None or (_only_groups(present, marks) and not point_is_sure()):",
        "if found is None:",
        OF_TABLES,
    ),
    Mutant(
        "csv-two-readings-take-the-first",
        CSV_NUMBERS,
        "if len(values) == 2 and",
        "if len(values) == 3 and",
        OF_TABLES,
    ),
    Mutant(
        "csv-lines-without-the-comments",
        CSV_READING,
        "lines.append(skipped + reader.line_num)",
        "lines.append(reader.line_num)",
        OF_TABLES,
    ),
)
