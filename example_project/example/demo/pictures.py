"""Pictures of the demo."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from random import Random
from typing import Any

from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps


def _encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


@dataclass(frozen=True)
class Light:
    """Colours of a time of day: sky and sea from the top down, the sun, and ships."""

    sky: tuple[str, str, str]
    sea: tuple[str, str, str]
    sun: str
    glitter: str
    hull: str
    canvas: str


DUSK = Light(
    sky=("#26315c", "#c7647b", "#f9c98a"),
    sea=("#b8707a", "#4b4a72", "#141c38"),
    sun="#fff0c9",
    glitter="#f2b98c",
    hull="#12172b",
    canvas="#2a2f4d",
)
NOON = Light(
    sky=("#3f8fd0", "#8cc4ea", "#dff0f7"),
    sea=("#8fc9d6", "#2f86a3", "#0d4a66"),
    sun="#ffffff",
    glitter="#c9ecf2",
    hull="#5a2f22",
    canvas="#fdf8ea",
)
NIGHT = Light(
    sky=("#05070f", "#0d1630", "#22345c"),
    sea=("#1c2c50", "#0b1430", "#03060f"),
    sun="#eef2ff",
    glitter="#6f83b8",
    hull="#02040a",
    canvas="#101a33",
)
FOG = Light(
    sky=("#9aa5ab", "#b9c1c4", "#d5d9d8"),
    sea=("#c3c9c9", "#9aa6a9", "#6f7d82"),
    sun="#e9ebe6",
    glitter="#c9d0cf",
    hull="#5c686d",
    canvas="#8a9599",
)


def harbour(light: Light = DUSK, width: int = 2400, height: int = 1600) -> bytes:
    """Return a JPEG: ships before a low sun, or the moon."""
    horizon, scale = height * 3 // 5, width / 2400
    picture = Image.new("RGB", (width, height))
    picture.paste(_ramp(light.sky, (width, horizon)), (0, 0))
    picture.paste(_ramp(light.sea, (width, height - horizon)), (0, horizon))
    draw = ImageDraw.Draw(picture)
    sun, radius = width // 3, 130 * scale
    disc = (sun - radius, horizon - radius, sun + radius, horizon + radius)
    draw.pieslice(disc, 180, 360, fill=light.sun)
    for step in range(24):
        top = horizon + (12 + step * 22) * scale
        half = (130 - step * 4 + 30 * math.sin(step * 1.7)) * scale
        draw.rounded_rectangle(
            (sun - half, top, sun + half, top + 7 * scale), 3, fill=light.glitter
        )
    for left, size in ((width // 2, 1.0), (width * 3 // 4, 0.62), (width // 9, 0.45)):
        _ship(draw, left, horizon + int(60 * size * scale), size * scale, light)
    return photograph(picture)


def photograph(picture: Image.Image, grain: int = 14) -> bytes:
    """Return a JPEG with the noise of a camera."""
    width, height = picture.size
    # The same each time.
    noise = Image.frombytes("L", picture.size, Random(grain).randbytes(width * height))  # noqa: S311
    noise = noise.point([128 + (value - 128) * grain // 96 for value in range(256)]).convert("RGB")
    picture = ImageChops.add(picture, noise, scale=1, offset=-128)
    return _encoded(picture, "JPEG", quality=88, optimize=True)


def _ramp(colours: tuple[str, str, str], size: tuple[int, int]) -> Image.Image:
    top, middle, bottom = colours
    ramp = Image.linear_gradient("L")
    return ImageOps.colorize(ramp, black=top, mid=middle, white=bottom).resize(size)


def _ship(draw: ImageDraw.ImageDraw, left: int, water: int, size: float, light: Light) -> None:
    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(left + x * size, water - y * size) for x, y in points]

    hull, canvas = light.hull, light.canvas
    draw.polygon(at((-40, 70), (470, 70), (540, 100), (430, 0), (20, 0)), fill=hull)
    for mast, top in ((110, 520), (250, 600), (380, 480)):
        draw.line(at((mast, 70), (mast, top)), fill=hull, width=max(2, int(9 * size)))
        draw.polygon(at((mast + 12, 110), (mast + 112, 130), (mast + 12, top - 30)), fill=canvas)
    draw.line(at((540, 100), (380, 480)), fill=hull, width=max(1, int(3 * size)))


def drawing(picture: Image.Image) -> bytes:
    """Return a PNG."""
    return _encoded(picture, "PNG", optimize=True)


def floor_plan() -> bytes:
    """Return a PNG: the ground floor of a museum."""
    picture = Image.new("RGB", (1200, 800), "#fbfaf6")
    draw = ImageDraw.Draw(picture)
    large, small = ImageFont.load_default(30), ImageFont.load_default(22)
    rooms = {
        "Entrance": (60, 560, 360, 740),
        "Shop": (360, 560, 600, 740),
        "Hall of ships": (60, 120, 600, 560),
        "Maps": (600, 120, 860, 400),
        "Instruments": (860, 120, 1140, 400),
        "Depot 3": (600, 400, 1140, 740),
    }
    for name, box in rooms.items():
        draw.rectangle(box, outline="#23424c", width=6, fill="#eef3f1")
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        draw.text(middle, name, fill="#23424c", font=small, anchor="mm")
    doors = (
        (190, 740, 0),
        (360, 640, 1),
        (210, 560, 0),
        (600, 260, 1),
        (860, 260, 1),
        (600, 480, 1),
    )
    for x, y, is_upright in doors:
        draw.rectangle(
            (x - 4, y, x + 4, y + 64) if is_upright else (x, y - 4, x + 64, y + 4), fill="#fbfaf6"
        )
    draw.text((60, 50), "Ground floor", fill="#23424c", font=large)
    draw.line((920, 770, 1140, 770), fill="#23424c", width=4)
    draw.text((1030, 762), "10 m", fill="#23424c", font=small, anchor="mb")
    return _encoded(picture, "PNG", optimize=True)


def metronome(beats_per_minute: int) -> bytes:
    """Return an animated GIF of a swinging metronome."""
    frames = []
    count = 24
    for index in range(count):
        frame = Image.new("RGB", (240, 280), "#f4efe6")
        draw = ImageDraw.Draw(frame)
        draw.polygon(((84, 40), (156, 40), (206, 256), (34, 256)), fill="#7a4a2b")
        draw.polygon(((94, 56), (146, 56), (168, 188), (72, 188)), fill="#e9d9b9")
        angle = 0.42 * math.sin(2 * math.pi * index / count)
        x, y = 120 + 165 * math.sin(angle), 205 - 165 * math.cos(angle)
        draw.line((120, 205, x, y), fill="#2b2b2b", width=4)
        weight = (120 + (x - 120) * 0.72, 205 + (y - 205) * 0.72)
        draw.regular_polygon((weight, 13), 4, fill="#b08d3c")
        draw.rectangle((46, 205, 194, 256), fill="#5f371e")
        draw.text(
            (120, 231), f"{beats_per_minute} bpm", "#f4efe6", ImageFont.load_default(18), "mm"
        )
        frames.append(frame.quantize(32))
    swing = 2 * 60_000 / beats_per_minute
    return _encoded(
        frames[0],
        "GIF",
        save_all=True,
        append_images=frames[1:],
        # In hundredths of a second, which is all that GIF knows.
        duration=round(swing / count / 10) * 10,
        loop=0,
    )


def portrait(number: int, *, has_number: bool = True) -> bytes:
    """Return a PNG: head and shoulders, in colours of their own for each of the first ten."""
    coat, background = (
        f"hsl({(36 * number + turn) % 360}, 45%, {light}%)" for turn, light in ((0, 40), (180, 82))
    )
    picture = Image.new("RGB", (400, 400), background)
    draw = ImageDraw.Draw(picture)
    draw.pieslice((60, 260, 340, 600), 180, 360, fill=coat)
    draw.ellipse((130, 80, 270, 250), fill="#e8c4a2")
    if has_number:
        draw.text((200, 340), str(number), "#ffffff", ImageFont.load_default(56), "mm")
    return _encoded(picture, "PNG", optimize=True)


def logo() -> bytes:
    """Return an SVG: a sail above two waves."""
    return b"""<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 120" role="img">
  <title>Harbour Museum</title>
  <circle cx="60" cy="60" r="58" fill="#0f3d4c"/>
  <path d="M58 18v60H26z" fill="#f3e9d2"/>
  <path d="M64 30l28 48H64z" fill="#e2a654"/>
  <path d="M22 90q9.5-9 19 0t19 0 19 0 19 0" fill="none" stroke="#f3e9d2" stroke-width="5"/>
</svg>
"""
