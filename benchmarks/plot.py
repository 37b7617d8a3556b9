"""A plot as SVG, drawn by hand: lines between two logarithmic axes."""

from math import log10
from xml.sax.saxutils import escape

COLORS = ("#714B67", "#017E84", "#E46E78", "#E4A900", "#5B899E", "#374151")
WIDTH, HEIGHT = 760, 400
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
LEFT, RIGHT, TOP, BOTTOM = 60, 120, 34, 50


def svg(series, x_label, y_label):
    """Return the plot of ``{name: [(size, value)]}``."""
    sizes = sorted({size for points in series.values() for size, _value in points})
    values = [value for points in series.values() for _size, value in points]
    most = next((tick for tick in TICKS if tick >= max(values)), max(values))
    least = max((tick for tick in TICKS if tick <= min(values)), default=min(values))

    def x(size):
        span = log10(sizes[-1] / sizes[0]) or 1
        return LEFT + (WIDTH - LEFT - RIGHT) * log10(size / sizes[0]) / span

    def y(value):
        share = log10(value / least) / (log10(most / least) or 1)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share

    parts = [_text(x(size), HEIGHT - BOTTOM + 18, f"{size:,}", "middle") for size in sizes]
    for value in (tick for tick in TICKS if least <= tick <= most):
        parts.append(_line([(LEFT, y(value)), (WIDTH - RIGHT, y(value))], "#E5E7EB", 1))
        parts.append(_text(LEFT - 8, y(value) + 4, value, "end"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, x_label, "middle"))
    parts.append(_text(LEFT - 40, TOP - 18, y_label, "start"))
    ends = sorted((y(points[-1][1]), name) for name, points in series.items())
    names = list(series)
    lowest = 0
    for height, name in ends:
        color = COLORS[names.index(name) % len(COLORS)]
        points = [(x(size), y(value)) for size, value in series[name]]
        parts.append(_line(points, color, 2.5))
        lowest = max(lowest + 15, height + 4)
        parts.append(_text(WIDTH - RIGHT + 8, lowest, name, "start", color))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        ' font-family="sans-serif" font-size="12">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#FFFFFF"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _line(points, color, width):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width}"/>'


def _text(x, y, words, anchor, color="#374151"):
    words = escape(str(words))
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}">{words}</text>'
