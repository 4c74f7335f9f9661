"""TextEdit on texts written in every way that the format allows: what is not meant stays, comments included."""

from __future__ import annotations

import random
import re

import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.schema import TextEdit

TEXTS, CHANGES_EACH = 240, 8
GROUPS = 8
REMOVING = ("unset", "remove_layer", "disconnect")
FIELDS = [
    ["name"], ["type"], ["phase"], ["bottom"], ["bottom", 0], ["bottom", 1], ["top", 2], ["loss_weight", 0],
    ["param"], ["param", 0], ["param", 0, "lr_mult"], ["param", 1, "decay_mult"], ["param", 2, "name"],
    ["convolution_param"], ["convolution_param", "num_output"], ["convolution_param", "kernel_size"],
    ["convolution_param", "kernel_size", 1], ["convolution_param", "weight_filler", "type"],
    ["convolution_param", "bias_filler", "value"], ["include", 0, "phase"], ["include", 0, "stage"],
    ["relu_param", "negative_slope"],
]  # fmt: skip
GAPS = ["\n  ", "\n    ", "\n\t", "\n\n  ", "  # c }\n  ", " \r\n  ", ' # "q\n', " "]
AFTER_LAYERS = ["\n", "\n\n", " ", "  # x\n", "\n# about next\n", ", ", "\n######\n", "\n\n# c\n\n", ";\n"]  # fmt: skip


class Writer:
    """Writes random texts of nets."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.pick = self.random.choice

    def chance(self, share):
        return self.random.random() < share

    def scalar(self, name, value):
        return f"{name}{self.pick([': ', ':', ' : '])}{value}"

    def block(self, name, fields):
        opened, (left, right) = self.chance(0.5), self.pick(["{}", "{}", "<>"])
        text = name + self.pick([" ", "", " : ", ": "]) + left
        for field in fields:
            text += self.pick(GAPS if opened else [" ", "  "])
            text += field + self.pick(["", "", ",", ";", " ,"])
        return text + self.pick(["\n", "\n  ", " # end\n"] if opened else [" ", ""]) + right

    def layer(self, index):
        name = self.pick([f'"l{index}"', f"'l{index}'", f'"l" "{index}"'])
        fields = [self.scalar("name", name)] if self.chance(0.9) else []
        fields.append(self.scalar("type", self.pick(['"ReLU"', '"Conv" # t\n "olution"'])))
        for slot in ("bottom", "top"):
            blobs = [f'"{self.pick("abcd")}"' for _ in range(self.random.randrange(3))]
            listed = self.chance(0.25)
            fields += (
                [f"{slot}: [{', '.join(blobs)}]"]
                if listed
                else [self.scalar(slot, b) for b in blobs]
            )
        for values in (["1"], ["2", "0"]):
            pairs = zip(("lr_mult", "decay_mult"), values, strict=False)
            if self.chance(0.5):
                fields.append(self.block("param", [self.scalar(*pair) for pair in pairs]))
        if self.chance(0.4):
            kernel = self.pick(["kernel_size: [3, 3]", "kernel_size: 3"])
            filler = self.block("weight_filler", [self.scalar("type", '"xavier"')])
            fields.append(
                self.block("convolution_param", [kernel, filler][: self.random.randrange(3)])
            )
        if self.chance(0.3):
            fields.append(self.block("include", [self.scalar("phase", self.pick(["TRAIN", "0"]))]))
        if self.chance(0.3):
            self.random.shuffle(fields)
        return self.block("layer", fields)

    def net(self):
        layers = [self.layer(index) for index in range(self.random.randrange(5))]
        head = [self.scalar("name", '"net"')] if self.chance(0.5) else []
        text = "".join(part + self.pick(AFTER_LAYERS) for part in [*head, *layers])
        text = text.rstrip() if self.chance(0.3) else text
        text = f"# head\n{text}" if self.chance(0.3) else text
        if self.chance(0.2):
            text = text.replace("\r\n", "\n").replace("\n", "\r\n")
        return text

    def change(self, count):
        index, to = self.random.randrange(max(count, 1)), self.random.randrange(max(count, 1))
        path = ["layer", index, *self.pick(FIELDS)]
        slot = self.pick(["bottom", "top"])
        value = self.pick(["1", "0", "a", "2, 3", "x,y", "TRAIN", "0.5", ""])
        setting = {"op": "set", "path": path, "value": value}
        return self.pick(
            [
                *[setting] * 3,
                *[{"op": "unset", "path": path}] * 3,
                {
                    "op": "add_layer",
                    "type": "T",
                    "name": "n",
                    "after": self.pick([None, -1, index]),
                },
                {"op": "remove_layer", "index": index, "bridge": self.chance(0.5)},
                {"op": "move_layer", "index": index, "to": to},
                {"op": "rename_layer", "index": index, "name": "z"},
                {"op": "rename_blob", "from": self.pick("abcd"), "to": f"e{index}"},
                {
                    "op": "connect",
                    "index": index,
                    "slot": slot,
                    "blob": "f",
                    "at": self.pick([None, 0]),
                },
                {"op": "disconnect", "index": index, "slot": slot, "at": 0},
            ]
        )


def comments(text):
    return sorted(comment.rstrip() for comment in re.findall(r"#[^\n]*", text))


def shortens(change):
    """Whether a change may take comments along: it removes something, or makes a list shorter."""
    if change["op"] in REMOVING:
        return True
    return change["op"] == "set" and change["path"][-1] in ("bottom", "kernel_size", "stage")


@pytest.mark.parametrize("group", range(GROUPS))
def test_random_changes_of_random_texts(registry, group):
    done = 0
    for seed in range(group, TEXTS, GROUPS):
        writer = Writer(seed)
        edit = TextEdit(writer.net(), "NetParameter", registry.schema)
        for _ in range(CHANGES_EACH):
            before = edit.text
            layers = registry.schema.parse_text(before, "NetParameter").message.layer
            change = writer.change(len(layers))
            try:
                start, end = edit.apply(change)
            except ConfigError as error:
                assert edit.text == before
                # Refused for what it asks, not because the text came out wrong.
                assert "without changing more" not in error.message
                assert "mistake in its form" not in error.message
                continue
            done += 1
            after = edit.text
            assert before.startswith(after[:start]) and before.endswith(after[end:])
            assert shortens(change) or comments(after) == comments(before)
            registry.schema.parse_text(after, "NetParameter")
    assert done > TEXTS // GROUPS * CHANGES_EACH // 4
