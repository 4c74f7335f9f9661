"""Who calls whom in one update: the columns are objects, time runs down."""

from __future__ import annotations

from pathlib import Path

WHO = ("solver", "trainer", "gym", "net", "loss layer")
# From, to, what; "" as to: a note at the first.
CALLS = (
    ("solver", "trainer", "prepare()"),
    ("trainer", "gym", "step(last prediction)"),
    ("gym", "trainer", "the latest points: x, tt, mask, target"),
    ("trainer", "net", "fills the blobs x, tt, mask, target"),
    ("solver", "net", "forward_backward()"),
    ("net", "loss layer", "xhat, target"),
    ("loss layer", "net", "loss; its gradient"),
    ("solver", "trainer", "collect(): xhat against target, accuracy"),
    ("solver", "", "apply_update(): AdamW changes the weights"),
)
LEFT, APART, TOP, DOWN = 70, 160, 30, 40


def draw(folder: Path) -> None:
    """Write calls.svg."""
    at = {name: LEFT + APART * number for number, name in enumerate(WHO)}
    height = TOP + 30 + DOWN * len(CALLS) + 20
    width = LEFT * 2 + APART * (len(WHO) - 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="12">',
        '<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#0072B2"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for name, x in at.items():
        parts.append(
            f'<path d="M{x} {TOP + 14}V{height - 10}" stroke="#bbb" stroke-dasharray="4 3"/>'
            f'<rect x="{x - 48}" y="{TOP - 14}" width="96" height="28" rx="5" fill="#e8f2f8" stroke="#0072B2"/>'
            f'<text x="{x}" y="{TOP + 4}" text-anchor="middle" font-weight="bold">{name}</text>'
        )
    for number, (start, end, what) in enumerate(CALLS):
        y = TOP + 46 + DOWN * number
        label = f"{number + 1}  {what}"
        if not end:
            parts.append(
                f'<rect x="{at[start] - 5}" y="{y - 12}" width="10" height="22" fill="#009E73"/>'
                f'<text x="{at[start] + 12}" y="{y + 4}">{label}</text>'
            )
            continue
        x = min(at[start], at[end]) + 8
        back = ' stroke-dasharray="5 3"' if at[end] < at[start] else ""
        parts.append(
            f'<path d="M{at[start]} {y}H{at[end]}" stroke="#0072B2" stroke-width="1.5" marker-end="url(#a)"{back}/>'
            f'<rect x="{x - 2}" y="{y - 17}" width="{6.2 * len(label):.0f}" height="15" fill="#fff" fill-opacity=".9"/>'
            f'<text x="{x}" y="{y - 5}">{label}</text>'
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "calls.svg").write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


PICTURES = (draw,)
