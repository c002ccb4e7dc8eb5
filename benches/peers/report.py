"""Tables in Markdown, and plots."""
import math
import statistics
from html import escape

from rows import FLOOR, Row


def best(row: Row) -> str | None:
    """The build of fell that the others are compared with."""
    for name in ("fell, static", "fell", "fell, static: --version", "fell: --version"):
        if row.values.get(name):
            return name
    return None


def cell(row: Row, name: str, of: dict[str, list]) -> str:
    return f"{statistics.median(of[name]):.0f}" if of.get(name) else ""


def table(row: Row) -> str:
    """One row's tools below each other: value, ratio to the floor and to fell."""
    lines = [f"### {row.title}", ""]
    if row.note:
        lines += [row.note, ""]
    if not row.values:
        return "\n".join(lines)
    lines += [f"| | {row.unit} | × floor | × fell | peak KB | alive at return |", "|---|--:|--:|--:|--:|--:|"]
    fell = best(row)
    in_time = row.unit.startswith("ms")
    for name in row.values:
        value = row.median(name)
        floor = f"{value / row.median(FLOOR):.2f}" if row.values.get(FLOOR) and in_time else ""
        peer = f"{value / row.median(fell):.1f}" if in_time and fell and not name.startswith(("fell", FLOOR)) else ""
        shown = f"{value:.2f}" if in_time else f"{value:.0f}"
        lines.append(f"| {name} | {shown} | {floor} | {peer} | {cell(row, name, row.kilobytes)} | {cell(row, name, row.alive)} |")
    return "\n".join([*lines, ""])


COLOURS = {"fell": "#b5321f", "fell, --reach tree": "#e39a2d", FLOOR: "#555555", "pstree": "#2f6db3", "ps --forest": "#4a9b6e"}
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 560, 320, 60, 44, 28, 130


def plot(title: str, axis: str, points: dict[str, list[tuple[float, float]]]) -> str:
    """Milliseconds over a number, both in powers of ten."""
    xs = [x for line in points.values() for x, _ in line]
    ys = [y for line in points.values() for _, y in line]
    low_x, high_x = math.log10(min(xs)), math.log10(max(xs))
    low_y, high_y = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))

    def at(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - low_x) / (high_x - low_x)
        up = (math.log10(y) - low_y) / (high_y - low_y)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - BOTTOM - TOP)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="18" font-weight="bold">{escape(title)}</text>',
        f'<text x="{(WIDTH - RIGHT + LEFT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(axis)}</text>',
    ]
    for power in range(low_y, high_y + 1):
        _, y = at(min(xs), 10**power)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g} ms</text>')
    for x in sorted(set(xs)):
        across, _ = at(x, 10**low_y)
        parts.append(f'<text x="{across:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{x:g}</text>')
    taken: list[float] = []
    for name, line in sorted(points.items(), key=lambda item: item[1][-1][1]):
        colour = COLOURS.get(name, "#000000")
        places = [at(x, y) for x, y in sorted(line)]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in places]
        # Names that would lie upon each other are moved apart.
        y = min(places[-1][1], taken[-1] - 14) if taken else places[-1][1]
        taken.append(y)
        parts.append(f'<text x="{places[-1][0] + 8:.1f}" y="{y + 4:.1f}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])
