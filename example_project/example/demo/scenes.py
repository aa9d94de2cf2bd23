"""More pictures of the demo: objects, maps, posters, a stage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from example.demo.pictures import drawing, photograph

#: Width and height of photographs.
SIZE = (1600, 1067)


def sextant() -> bytes:
    """Return a JPEG: a sextant of brass on dark cloth."""
    picture = _backdrop("#2c3138", "#0d0f12")
    draw = ImageDraw.Draw(picture)
    x, y, brass, dark = 800, 190, "#c9a35a", "#7d5f2b"
    for radius, width, colour in ((700, 44, dark), (690, 26, brass), (620, 10, brass)):
        draw.arc((x - radius, y - radius, x + radius, y + radius), 58, 122, colour, width)
    for degree in range(60, 121):
        angle = math.radians(degree)
        inner = 655 if degree % 5 else 640
        _ray(draw, (x, y), angle, inner, 675, "#efe0b8", 2)
    for degree, width in ((60, 20), (90, 14), (120, 20), (101, 26)):
        _ray(draw, (x, y), math.radians(degree), 0, 700 if degree == 101 else 640, brass, width)
    for radius, colour in ((52, dark), (40, brass), (16, "#f4e6bd")):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    draw.rounded_rectangle((520, 330, 760, 390), 16, fill=dark)
    draw.rounded_rectangle((500, 322, 560, 398), 16, fill=brass)
    return photograph(picture)


def diving_helmet() -> bytes:
    """Return a JPEG: a diving helmet of copper with three windows."""
    picture = _backdrop("#5d7f86", "#182a30")
    draw = ImageDraw.Draw(picture)
    copper, light, dark = "#b5673a", "#e0a070", "#6b3517"
    draw.rounded_rectangle((430, 780, 1170, 980), 90, fill=dark)
    draw.rounded_rectangle((450, 770, 1150, 940), 80, fill=copper)
    draw.ellipse((480, 130, 1120, 850), fill=dark)
    draw.ellipse((495, 135, 1105, 835), fill=copper)
    draw.ellipse((560, 170, 860, 420), fill=light)
    draw.ellipse((590, 200, 1030, 800), fill=copper)
    for left, top, size in ((640, 330, 320), (485, 400, 150), (965, 400, 150)):
        draw.ellipse((left, top, left + size, top + size), fill=dark)
        inner = size // 8
        box = (left + inner, top + inner, left + size - inner, top + size - inner)
        draw.ellipse(box, fill="#20363b")
        draw.arc(box, 190, 280, fill="#bfe0df", width=size // 24)
    for number in range(3):
        bolt = 560 + number * 240
        draw.ellipse((bolt - 26, 850, bolt + 26, 902), fill=light)
    return photograph(picture.filter(ImageFilter.GaussianBlur(1)))


def sea_chart() -> bytes:
    """Return a PNG: a coloured chart of an estuary, with depths and a compass rose."""
    random = Random(1821)  # noqa: S311 - no secret
    picture = Image.new("RGB", (1500, 1100), "#efe3c4")
    draw = ImageDraw.Draw(picture)
    coast = [
        (x, 560 + 190 * math.sin(x / 260) + random.uniform(-22, 22)) for x in range(0, 1501, 30)
    ]
    draw.polygon([*coast, (1500, 0), (0, 0)], fill="#d9d9ae")
    draw.line(coast, fill="#6d7d52", width=5)
    for step in range(1, 5):
        draw.line([(x, y + 26 * step) for x, y in coast], fill="#b9c6bd", width=2)
    font, large = ImageFont.load_default(20), ImageFont.load_default(44)
    for _ in range(110):
        x, y = random.uniform(30, 1470), random.uniform(760, 1060)
        draw.text((x, y), str(random.randint(2, 31)), fill="#7b6a45", font=font)
    for number in range(16):
        _ray(draw, (1230, 900), number * math.pi / 8, 0, 130 if number % 4 else 190, "#8a5a3c", 3)
    draw.ellipse((1200, 870, 1260, 930), outline="#8a5a3c", width=4)
    draw.text((1230, 690), "N", fill="#8a5a3c", font=large, anchor="mm")
    draw.text((110, 110), "The Estuary, surveyed 1821", fill="#5a4426", font=large)
    draw.rectangle((24, 24, 1475, 1075), outline="#5a4426", width=5)
    draw.rectangle((36, 36, 1463, 1063), outline="#5a4426", width=2)
    return drawing(picture)


def poster(title: str, lines: Sequence[str], ink: str, paper: str, accent: str) -> bytes:
    """Return a PNG: a poster of a sail and a few lines."""
    picture = Image.new("RGB", (1000, 1414), paper)
    draw = ImageDraw.Draw(picture)
    draw.polygon(((470, 180), (470, 780), (130, 780)), fill=accent)
    draw.polygon(((510, 300), (830, 780), (510, 780)), fill=ink)
    for step in range(4):
        wave = [(x, 850 + 34 * step + 16 * math.sin(x / 55 + step)) for x in range(60, 941, 8)]
        draw.line(wave, fill=ink if step % 2 else accent, width=10)
    draw.text((60, 1030), title, fill=ink, font=ImageFont.load_default(110))
    for number, line in enumerate(lines):
        draw.text((64, 1180 + 54 * number), line, fill=ink, font=ImageFont.load_default(36))
    return drawing(picture)


def stage(players: int, warm: str, dark: str, seed: int) -> bytes:
    """Return a JPEG: players of strings in the light of a stage."""
    random = Random(seed)  # noqa: S311 - no secret
    picture = _backdrop(warm, dark)
    draw = ImageDraw.Draw(picture)
    width, height = SIZE
    draw.rectangle((0, 860, width, height), fill="#3a2415")
    for number in range(0, width, 64):
        draw.line((number, 860, number * 1.4 - 320, height), fill="#2a190e", width=3)
    for side in (0, 1):
        for fold in range(5):
            left = fold * 46 if side == 0 else width - fold * 46 - 46
            shade = 70 + 18 * (fold % 2)
            draw.rectangle((left, 0, left + 46, 880), fill=(shade, 14, 24))
    for number in range(players):
        x = 300 + number * 1000 / max(players - 1, 1)
        _player(draw, x, 900 + random.uniform(-14, 26), random.uniform(0.9, 1.1))
    return photograph(picture.filter(ImageFilter.GaussianBlur(1.4)), grain=18)


def _player(draw: ImageDraw.ImageDraw, x: float, y: float, size: float) -> None:
    def box(left: float, top: float, right: float, bottom: float) -> tuple[float, ...]:
        return x + left * size, y + top * size, x + right * size, y + bottom * size

    coat = "#14101a"
    draw.ellipse(box(-34, -330, 34, -250), fill="#d9ab86")
    draw.pieslice(box(-38, -340, 38, -250), 180, 360, fill="#2a1c14")
    draw.rounded_rectangle(box(-66, -245, 66, -30), 44, fill=coat)
    draw.rectangle(box(-50, -60, -14, 60), fill=coat)
    draw.rectangle(box(14, -60, 50, 60), fill=coat)
    draw.ellipse(box(18, -240, 96, -196), fill="#8c4a23")
    draw.ellipse(box(70, -250, 150, -200), fill="#a05a2c")
    draw.line(box(10, -170, 170, -270), fill="#e9dcc0", width=4)


def score(title: str, seed: int) -> bytes:
    """Return a PNG: a page of notes."""
    random = Random(seed)  # noqa: S311 - no secret
    picture = Image.new("RGB", (1100, 1500), "#fdfcf7")
    draw = ImageDraw.Draw(picture)
    draw.text((550, 110), title, fill="#1b1b1b", font=ImageFont.load_default(54), anchor="mm")
    for staff in range(8):
        top = 220 + staff * 155
        for line in range(5):
            draw.line((90, top + line * 14, 1010, top + line * 14), fill="#333333", width=2)
        for bar in range(5):
            draw.line((90 + bar * 230, top, 90 + bar * 230, top + 56), fill="#333333", width=3)
        for note in range(16):
            x = 130 + note * 56 + (note // 4) * 2
            y = top + random.randint(-1, 9) * 7
            draw.ellipse((x, y - 7, x + 18, y + 7), fill="#111111")
            up = y > top + 28
            stem = (x + 17, y, x + 17, y - 48) if up else (x + 1, y, x + 1, y + 48)
            draw.line(stem, fill="#111111", width=3)
    return drawing(picture)


def _backdrop(light: str, dark: str) -> Image.Image:
    """Return a picture that is light in the middle and dark at its edges."""
    glow = Image.radial_gradient("L").resize(SIZE)
    return Image.composite(Image.new("RGB", SIZE, dark), Image.new("RGB", SIZE, light), glow)


def _ray(
    draw: ImageDraw.ImageDraw,
    centre: tuple[float, float],
    angle: float,
    begin: float,
    end: float,
    colour: str,
    width: int,
) -> None:
    x, y = centre
    cos, sin = math.cos(angle), math.sin(angle)
    line = (x + begin * cos, y + begin * sin, x + end * cos, y + end * sin)
    draw.line(line, fill=colour, width=width)
