"""A small way to draw: inline SVG with a title and a description, in user units of a fixed width.

Shapes of one kind are gathered into one path, so that a picture of thousands of marks stays small.
Nothing is told by colour alone: kinds differ in form or pattern, which survive a grey printer.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from governance.audit.page.text import cleaned

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 760
"""Of every drawing."""


class Drawing:
    """One picture.

    Args:
        key: Tells its ids from those of others on the page.
        title: What it is, in a few words.
        description: What can be seen in it, for those who cannot.
    """

    _hatch = (
        '<pattern id="{id}" width="4" height="4" patternUnits="userSpaceOnUse">'
        '<path class="hatch" d="M-1 1l2-2M0 4l4-4M3 5l2-2"/></pattern>'
    )

    def __init__(self, key: str, title: str, description: str) -> None:
        self.key = key
        self.height = 0.0
        self._title = title
        self._description = description
        self._paths: dict[str, list[str]] = defaultdict(list)
        self._above: list[str] = []
        self._is_hatched = False

    # --- marks ------------------------------------------------------------------------------------

    def bar(self, kind: str, x: float, y: float, width: float, height: float) -> None:
        """A rectangle."""
        self._paths[kind].append(f"M{_n(x)} {_n(y)}h{_n(width)}v{_n(height)}h{_n(-width)}z")

    def line(self, kind: str, *points: tuple[float, float]) -> None:
        """A line through points."""
        self._paths[kind].append("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points))

    def dot(self, kind: str, x: float, y: float, radius: float) -> None:
        """A circle."""
        arc = f"a{_n(radius)} {_n(radius)} 0 1 0 "
        self._paths[kind].append(
            f"M{_n(x - radius)} {_n(y)}{arc}{_n(2 * radius)} 0{arc}{_n(-2 * radius)} 0z"
        )

    def diamond(self, kind: str, x: float, y: float, radius: float) -> None:
        """A square on its corner."""
        r = _n(radius)
        self._paths[kind].append(f"M{_n(x)} {_n(y - radius)}l{r} {r}l-{r} {r}l-{r} -{r}z")

    def triangle(self, kind: str, x: float, y: float, radius: float) -> None:
        """A triangle that points up."""
        r, d = _n(radius), _n(2 * radius)
        self._paths[kind].append(f"M{_n(x)} {_n(y - radius)}l{r} {d}h-{d}z")

    def cross(self, kind: str, x: float, y: float, radius: float) -> None:
        """Two lines that cross."""
        r, d = radius, _n(2 * radius)
        self._paths[kind].append(f"M{_n(x - r)} {_n(y - r)}l{d} {d}m0 -{d}l-{d} {d}")

    def hatched(self, x: float, y: float, width: float, height: float) -> None:
        """A rectangle filled with lines."""
        self._is_hatched = True
        self._above.append(
            f'<rect class="hatched" fill="url(#{self.key}-h)" x="{_n(x)}" y="{_n(y)}" '
            f'width="{_n(width)}" height="{_n(height)}"/>'
        )

    def text(self, x: float, y: float, text: str, kind: str = "") -> None:
        """A text whose baseline begins (`end`: ends, `mid`: has its middle) at a point."""
        classes = f' class="{kind}"' if kind else ""
        self._above.append(f'<text{classes} x="{_n(x)}" y="{_n(y)}">{escape(cleaned(text))}</text>')

    # --- the whole --------------------------------------------------------------------------------

    def markup(self) -> Markup:
        """The drawing as HTML takes it in."""
        return Markup("".join(self._pieces()))  # noqa: S704 - every text in it is escaped

    def _pieces(self) -> Iterator[str]:
        named = f"{self.key}-t {self.key}-d"
        yield f'<svg role="img" aria-labelledby="{named}" viewBox="0 0 {WIDTH} {_n(self.height)}">'
        yield f'<title id="{self.key}-t">{escape(cleaned(self._title))}</title>'
        yield f'<desc id="{self.key}-d">{escape(cleaned(self._description))}</desc>'
        if self._is_hatched:
            yield self._hatch.format(id=f"{self.key}-h")
        for kind, parts in self._paths.items():
            yield f'<path class="{kind}" d="{"".join(parts)}"/>'
        yield from self._above
        yield "</svg>"


def _n(value: float) -> str:
    """A number with at most one decimal, as short as it can be written."""
    rounded = round(value, 1)
    return str(int(rounded)) if rounded == int(rounded) else str(rounded)
