"""Sizes of the cards of a net's picture, and of all text on them, from the widths of the fonts that the pages ship.

The widths of Inter's characters, in thousandths of the font size, were read from its variable font (latin subset of
@fontsource-variable/inter) with fontTools: ``instancer.instantiateVariableFont(font, {"wght": 600})``, then each
character's advance in ``hmtx``. JetBrains Mono is 600 wide throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

from .card_parts import Card, Chip, Port

_REGULAR = [
    281, 288, 466, 633, 642, 982, 644, 300, 365, 365, 501, 662, 288, 460, 288, 360, 631, 407, 610,
    618, 646, 593, 620, 566, 619, 620, 288, 302, 662, 662, 662, 511, 966, 690, 654, 730, 722, 601,
    590, 746, 743, 269, 571, 672, 565, 903, 753, 765, 639, 765, 644, 642, 646, 744, 690, 985, 682,
    679, 629, 365, 360, 365, 471, 456, 323, 562, 612, 571, 612, 583, 370, 613, 591, 242, 242, 549,
    242, 876, 591, 600, 612, 612, 376, 528, 327, 591, 562, 818, 546, 562, 552, 426, 333, 426, 662,
]  # fmt: skip
_MEDIUM = [
    267, 304, 494, 639, 646, 993, 653, 313, 369, 369, 521, 667, 303, 462, 303, 370, 646, 415, 616,
    627, 656, 603, 630, 571, 629, 630, 303, 315, 667, 667, 667, 527, 982, 709, 657, 733, 722, 603,
    589, 748, 745, 272, 575, 688, 565, 913, 756, 767, 642, 769, 648, 646, 653, 740, 709, 1003, 701,
    696, 641, 369, 370, 369, 477, 463, 337, 568, 618, 577, 618, 587, 379, 620, 602, 252, 252, 559,
    252, 888, 602, 604, 618, 618, 387, 539, 340, 602, 575, 829, 557, 575, 559, 440, 346, 440, 667,
]  # fmt: skip
_SEMIBOLD = [
    252, 321, 523, 644, 650, 1004, 663, 326, 373, 373, 540, 673, 319, 465, 319, 379, 660, 423, 623,
    636, 666, 612, 640, 576, 640, 640, 319, 329, 673, 673, 673, 543, 999, 728, 659, 737, 722, 605,
    588, 749, 746, 277, 580, 703, 565, 922, 759, 769, 645, 773, 652, 650, 660, 736, 728, 1020, 720,
    713, 652, 373, 379, 373, 481, 469, 351, 574, 624, 583, 624, 591, 389, 625, 612, 262, 262, 569,
    262, 900, 612, 609, 624, 624, 397, 549, 353, 612, 587, 839, 569, 588, 566, 455, 359, 455, 673,
]  # fmt: skip
"""Weights 400, 500 and 600, from space to ~."""

_LATIN_1 = [
    252, 321, 583, 629, 749, 563, 316, 568, 612, 914, 460, 634, 673, 478, 664, 452, 458, 673, 454,
    463, 351, 614, 600, 319, 332, 324, 487, 634, 831, 870, 907, 543, 728, 728, 728, 728, 728, 728,
    1013, 737, 605, 605, 605, 605, 277, 277, 277, 277, 751, 759, 769, 769, 769, 769, 769, 673, 769,
    736, 736, 736, 736, 713, 658, 644, 574, 574, 574, 574, 574, 574, 913, 583, 591, 591, 591, 591,
    262, 262, 262, 262, 594, 612, 609, 609, 609, 609, 609, 673, 609, 612, 612, 612, 612, 588, 624,
    588,
]  # fmt: skip
"""Weight 600, from no-break space to \u00ff."""

_OTHER = 1100
_ELLIPSIS = "\u2026"


def _table(ascii_widths: list[int]) -> dict[str, int]:
    table = {chr(160 + at): width for at, width in enumerate(_LATIN_1)}
    return table | {chr(32 + at): width for at, width in enumerate(ascii_widths)} | {_ELLIPSIS: 956}


@dataclass(frozen=True, eq=False)
class Font:
    """A font at one size, with the widths of its characters in thousandths of the size."""

    size: float
    widths: dict[str, int]

    def width(self, text: str) -> float:
        """Return the width of a text in pixels; characters that the fonts lack count as wide ones."""
        get = self.widths.get
        return sum([get(character, _OTHER) for character in text]) * self.size / 1000

    def shortened(self, text: str, limit: float) -> str:
        """Return the text, with its middle replaced by an ellipsis if it is wider than ``limit`` pixels."""
        text = "".join(c if c.isprintable() else " " for c in text[:_LONGEST])
        if self.width(text) <= limit:
            return text
        keep = len(text)
        while keep > 2 and self.width(text[:keep]) > limit - self.size:
            keep -= 1
        head = (keep + 1) // 2
        return f"{text[:head]}{_ELLIPSIS}{text[head - keep :]}"


_MONO = {chr(code): 600 for code in (*range(32, 127), *range(160, 256))} | {_ELLIPSIS: 600}
_LONGEST = 200

NAME = Font(15.0, _table(_SEMIBOLD))
TYPE = Font(13.0, _table(_REGULAR))
LINE = Font(11.0, _MONO)
CHIP = Font(11.0, _table(_MEDIUM))
BADGE = Font(10.0, _table(_SEMIBOLD))
BLOB = Font(11.0, _MONO)
SHAPE = Font(10.0, _MONO)

TEXT_LEFT, TEXT_RIGHT = 24.0, 16.0
"""Room to the left of the texts, with the bar of the group's colour, and to their right."""
SLACK = 1.02
"""Browsers round the widths of characters."""
SMALLEST, WIDEST_TEXT = 132.0, 320.0
FIRST_LINE, LINE_STEP, BELOW = 63.0, 16.0, 14.0
"""Baseline of the first line below name and type, distance of the lines, and the room below the last one."""
TWO_LINES = 60.0
"""Height of a card that has a name and a type only."""
_CHIPS_WIDTH = 236.0
"""Width up to which chips widen a card before they need a second row: BatchNorm, Scale and ReLU fit."""
CHIP_HEIGHT, CHIP_GAP, CHIP_PADDING = 20.0, 6.0, 8.0
BADGE_ROOM = 12.0
PORT_GAP, PORT_MARGIN, _WIDEST_GAP = 20.0, 22.0, 64.0
"""Least distance of ports from each other, and from the sides of the card."""
LABEL_LEFT, LABEL_RIGHT = 8.0, 12.0
"""Room to the left of a wire's label, from the wire on, and to its right."""


def label_width(blob: str, shape: str) -> float:
    """Return the width of a wire's label: the blob's name, and the shape below it."""
    return max(BLOB.width(blob), SHAPE.width(shape)) * SLACK


def measure(card: Card) -> None:
    """Set what a card shows, its width and height, and the places of its chips and ports relative to its left top."""
    card.title = NAME.shortened(card.name, WIDEST_TEXT)
    card.subtitle = TYPE.shortened(card.type, WIDEST_TEXT)
    card.lines = [LINE.shortened(line, WIDEST_TEXT) for line in card.lines]
    badge = BADGE_ROOM + BADGE.width(card.phase) if card.phase else 0.0
    widths = [
        NAME.width(card.title) + badge,
        TYPE.width(card.subtitle),
        *(LINE.width(line) for line in card.lines),
    ]
    width = max(widths) * SLACK + TEXT_LEFT + TEXT_RIGHT
    above, below = _gaps(card.inputs), _gaps(card.outputs)
    width = max(width, SMALLEST, sum(below) + 2 * PORT_MARGIN, sum(above) + 2 * PORT_MARGIN)
    card.width = float(round(width))
    card.height = TWO_LINES
    if card.lines:
        card.height = FIRST_LINE + LINE_STEP * (len(card.lines) - 1) + BELOW
    _place_chips(card)
    _place_inputs(card, above)
    _spread(card.outputs, below, card.width, card.height)


def _place_chips(card: Card) -> None:
    """Put the chips side by side below the lines, in as many rows as they need."""
    if not card.chips:
        return
    for chip in card.chips:
        chip.text = CHIP.shortened(chip.type, WIDEST_TEXT)
        chip.width = round(CHIP.width(chip.text) * SLACK + 2 * CHIP_PADDING, 1)
        chip.height = CHIP_HEIGHT
    rows = _rows(card.chips, max(card.width, _CHIPS_WIDTH) - TEXT_LEFT - TEXT_RIGHT)
    y = card.height - BELOW + 10.0
    for row in rows:
        x = TEXT_LEFT
        for chip in row:
            chip.x, chip.y = x, y
            x += chip.width + CHIP_GAP
        card.width = max(card.width, float(round(x - CHIP_GAP + TEXT_RIGHT)))
        y += CHIP_HEIGHT + CHIP_GAP
    card.height = y - CHIP_GAP + BELOW - 2.0


def _rows(chips: list[Chip], room: float) -> list[list[Chip]]:
    rows: list[list[Chip]] = [[]]
    used = 0.0
    for chip in chips:
        if rows[-1] and used + chip.width > room:
            rows.append([])
            used = 0.0
        rows[-1].append(chip)
        used += chip.width + CHIP_GAP
    return rows


def _gaps(ports: list[Port]) -> list[float]:
    """Return the least distances of ports, each with room for its label to the next one."""
    return [
        max(PORT_GAP, LABEL_LEFT + port.label_width + LABEL_RIGHT if port.label_width else 0.0)
        for port in ports[:-1]
    ]


def _place_inputs(card: Card, gaps: list[float]) -> None:
    """Spread the ports over the top edge, at most _WIDEST_GAP apart; with labels, as those at the bottom."""
    if any(port.label_width for port in card.inputs):
        _spread(card.inputs, gaps, card.width, 0.0)
        return
    count = len(card.inputs)
    gap = card.width / (count + 1)
    if count > 2:
        gap = max(gap, min(_WIDEST_GAP, (card.width - 2 * PORT_MARGIN) / (count - 1)))
    x = (card.width - gap * (count - 1)) / 2
    for port in card.inputs:
        port.x, port.y = x, 0.0
        x += gap


def _spread(ports: list[Port], gaps: list[float], width: float, y: float) -> None:
    """Place ports along an edge, somewhat farther apart than they need be if there is room."""
    spare = width - 2 * PORT_MARGIN - sum(gaps)
    wider = min(spare / len(gaps), PORT_MARGIN) if gaps else 0.0
    x = (width - sum(gaps) - wider * len(gaps)) / 2
    for port, gap in zip(ports, [*gaps, 0.0], strict=False):
        port.x, port.y = x, y
        x += gap + wider
