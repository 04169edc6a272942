"""Numbers on a picture of a page, a set of marks (https://arxiv.org/abs/2310.11441). The page is not touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from autoglm.types import Box, Element

COLOURS = ("#c62828", "#1565c0", "#2e7d32", "#6a1b9a", "#ad1457", "#00695c", "#4527a0", "#bf360c")
"""Dark enough for white digits: a contrast of 4.5 or more, as https://www.w3.org/TR/WCAG22/#contrast-minimum asks."""
PAD = 2
"""Around the digits, device px at scale 1."""

Area = tuple[float, float, float, float]
"""Left, top, right, bottom in px of the picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    """PNG or JPEG bytes, and how the page's coordinates lie in it."""

    image: bytes
    scale: float = 1
    """Px of the picture for one CSS px."""
    x: float = 0
    y: float = 0
    """The point of the viewport that is its upper left corner."""

    def area(self, box: Box) -> Area:
        left, top = (box.x - self.x) * self.scale, (box.y - self.y) * self.scale
        return left, top, left + box.width * self.scale, top + box.height * self.scale


def mark(picture: Picture, elements: Sequence[Element]) -> bytes:
    """The picture, in its own format, with a frame around each element that lies in it and the element's number."""
    with Image.open(BytesIO(picture.image)) as opened:
        drawn, form = opened.convert("RGB"), opened.format
    draw, font = ImageDraw.Draw(drawn), ImageFont.load_default(12 * picture.scale)
    width = max(1, round(picture.scale))
    areas = {element.ref: picture.area(element.box) for element in elements if element.box}
    areas = {ref: area for ref, area in areas.items() if _meet(area, (0, 0, *drawn.size))}
    taken: list[Area] = []
    for ref, area in areas.items():
        # A white line inside the coloured one: one of the two stands out on any ground.
        draw.rectangle(area, outline=_colour(ref), width=width)
        draw.rectangle(_grown(area, -width), outline="white", width=width)
    for ref, area in areas.items():
        label = _place(_size(font, str(ref), picture.scale), area, taken, drawn.size)
        taken.append(label)
        draw.rectangle(_grown(label, width / 2), fill="white")
        draw.rectangle(label, fill=_colour(ref))
        middle = (label[0] + label[2]) / 2, (label[1] + label[3]) / 2
        draw.text(middle, str(ref), fill="white", font=font, anchor="mm")
    into = BytesIO()
    drawn.save(into, form or "PNG", quality=85)
    return into.getvalue()


def _place(size: tuple[float, float], area: Area, taken: Sequence[Area], picture: tuple[int, int]) -> Area:
    """Where a label stands: at a corner of its element, inside or beside it, where it covers no other label, if so."""
    width, height = size
    places = [
        (min(max(left, 0), picture[0] - width), min(max(top, 0), picture[1] - height))
        for left, top in _corners(area, width, height)
    ]
    labels = [(left, top, left + width, top + height) for left, top in places]
    return min(labels, key=lambda label: sum(_shared(label, other) for other in taken))


def _corners(area: Area, width: float, height: float) -> Iterator[tuple[float, float]]:
    left, top, right, bottom = area
    small = bottom - top < 2.5 * height and right - left < 4 * width
    inside = [(left, top), (right - width, top), (left, bottom - height), (right - width, bottom - height)]
    beside = [(left - width, top), (left, top - height), (right, top), (left, bottom), (right - width, top - height)]
    yield from (*beside, *inside) if small else (*inside[:2], *beside, *inside[2:])


def _size(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, text: str, scale: float) -> tuple[float, float]:
    left, top, right, bottom = font.getbbox(text)
    return right - left + 4 * PAD * scale, bottom - top + 2 * PAD * scale


def _meet(a: Area, b: Area) -> bool:
    return a[0] < b[2] and a[2] > b[0] and a[1] < b[3] and a[3] > b[1]


def _shared(a: Area, b: Area) -> float:
    """Px² that both cover."""
    return max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))


def _grown(area: Area, by: float) -> Area:
    """Never less than a line."""
    left, top, right, bottom = area[0] - by, area[1] - by, area[2] + by, area[3] + by
    return left, top, max(left, right), max(top, bottom)


def _colour(ref: int) -> str:
    return COLOURS[ref % len(COLOURS)]
