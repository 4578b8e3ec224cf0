"""The page of `make quality`: a table, and a precision-recall curve per set. One file, nothing is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

Curve = Sequence[tuple[float, float, float]]
SIZE, MARGIN = 260, 36
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1c2733; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid #dde3ea; }
th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left; }
.curves { display: flex; flex-wrap: wrap; gap: 1.5rem; margin-top: 1.5rem; }
figure { margin: 0; } figcaption { font-weight: 600; }
"""


def _plot(curve: Curve) -> str:
    """An SVG of one curve: recall to the right, precision upwards, both from 0.5 to 1."""

    def place(recall: float, precision: float) -> tuple[float, float]:
        right, up = (max(0.0, value - 0.5) * 2 * SIZE for value in (recall, precision))
        return MARGIN + right, MARGIN + SIZE - up

    points = [place(recall, precision) for _, precision, recall in curve]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{5 if threshold == 0.95 else 3}" '
        f'fill="{"#c2410c" if threshold == 0.95 else "#1d4ed8"}">'
        f"<title>threshold {threshold}: precision {precision:.3f}, recall {recall:.3f}</title></circle>"
        for (threshold, precision, recall), (x, y) in zip(curve, points, strict=True)
    )
    ticks = "".join(
        f'<text x="{MARGIN + (at - 0.5) * 2 * SIZE:.0f}" y="{SIZE + MARGIN + 16}" text-anchor="middle">{at:g}</text>'
        f'<text x="{MARGIN - 6}" y="{MARGIN + SIZE - (at - 0.5) * 2 * SIZE + 4:.0f}" text-anchor="end">{at:g}</text>'
        for at in (0.5, 0.75, 1.0)
    )
    side = SIZE + 2 * MARGIN
    return (
        f'<svg width="{side}" height="{side}" font-size="11" fill="#475569">'
        f'<rect x="{MARGIN}" y="{MARGIN}" width="{SIZE}" height="{SIZE}" fill="none" stroke="#cbd5e1"/>{ticks}'
        f'<polyline points="{line}" fill="none" stroke="#1d4ed8" stroke-width="1.5"/>{dots}'
        f'<text x="{MARGIN + SIZE / 2}" y="{side - 4}" text-anchor="middle">recall</text>'
        f'<text x="12" y="{MARGIN - 12}">precision</text></svg>'
    )


def figures_of(summaries: Mapping[str, Mapping[str, Mapping[str, object]]]) -> list[str]:
    """The names of all figures, in the order in which they come."""
    return list(dict.fromkeys(name for modes in summaries.values() for summary in modes.values() for name in summary))


def write_page(
    path: Path, summaries: Mapping[str, Mapping[str, Mapping[str, object]]], curves: Mapping[str, Mapping[str, Curve]]
) -> None:
    """Write the page."""
    columns = figures_of(summaries)
    head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in ("set", "mode", *columns))
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(mode)}</td>"
        + "".join(f"<td>{escape(str(summary.get(column, '')))}</td>" for column in columns)
        + "</tr>"
        for name, modes in summaries.items()
        for mode, summary in modes.items()
    )
    plots = "".join(
        f"<figure><figcaption>{escape(name)}, {escape(mode)}</figcaption>{_plot(curve)}</figure>"
        for name, modes in curves.items()
        for mode, curve in modes.items()
    )
    path.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Match quality</title><style>{STYLE}</style>'
        "<h1>Match quality</h1><p>Every set played through the service; quality figures are those of the worst order, "
        "at the fixed threshold 0.95. The curves are of single decisions (a record against the profile that it was "
        f"scored with); the larger dot is 0.95.</p><table><tr>{head}</tr>{rows}</table>"
        f'<div class="curves">{plots}</div></html>\n',
        encoding="utf-8",
    )
