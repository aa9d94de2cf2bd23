"""Size, shape and colours of scaled pictures."""

import pytest
from PIL import Image, ImageChops, ImageStat

from org_files.renditions import Box, scale
from tests.renditions.pictures import (
    BLUE,
    FORMATS,
    GREEN,
    RED,
    WHITE,
    corners,
    file_of,
    frames,
    picture,
    quarters,
)

AVATAR = Box(200, 200)


def opened(picture):
    image = Image.open(picture.content)
    image.load()
    assert image.size == (picture.width, picture.height)
    assert Image.MIME[str(image.format)] == picture.content_type
    return image


@pytest.mark.parametrize(
    ("size", "box", "fitted"),
    [
        ((4000, 3000), AVATAR, (200, 150)),
        ((3000, 4000), AVATAR, (150, 200)),
        ((199, 64), AVATAR, (199, 64)),
        ((6000, 4000), Box(width=400), (400, 267)),
        ((1333, 1000), Box(height=333), (444, 333)),
        ((640, 100), Box(height=200), (640, 100)),
        ((10, 65_000), Box(height=200), (1, 200)),
        ((65_000, 10), AVATAR, (200, 1)),
        ((64, 48), Box(), (64, 48)),
    ],
)
def test_box__is_filled_in_the_shape_of_the_picture(size, box, fitted):
    assert box.fit(*size) == fitted


def test_height_asked_for__is_met_exactly():
    for height in range(1, 241):
        assert Box(height=height).fit(333, 240)[1] == height


def test_box_without_room__is_refused():
    for sides in ((0, 5), (5, 0)):
        with pytest.raises(ValueError, match="No picture fits"):
            Box(*sides)


@pytest.mark.parametrize("kind", FORMATS)
def test_picture__is_made_in_every_size_asked_for(kind):
    content = file_of(quarters(640, 480), kind)

    pictures, again = (scale(content, [Box(height=40), AVATAR, Box()]) for _ in range(2))

    assert [(each.width, each.height) for each in pictures] == [(53, 40), (200, 150), (640, 480)]
    for each, same in zip(pictures, again, strict=True):
        assert corners(opened(each)) == [RED, GREEN, BLUE, WHITE]
        each.content.seek(0)
        assert each.content.read() == same.content.read()
    assert scale(content, []) == []


@pytest.mark.parametrize("kind", FORMATS)
def test_tiny_picture__is_made(kind):
    for size in ((1, 1), (1, 300), (300, 1)):
        [tiny] = scale(picture(*size, kind), [Box(100, 100)])

        assert opened(tiny).size == Box(100, 100).fit(*size)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_animation__shows_its_first_frame(kind):
    [still] = scale(frames(5, kind), [AVATAR])

    assert corners(opened(still)) == [RED] * 4
    assert not getattr(opened(still), "is_animated", False)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("L", "JPEG"),
        ("CMYK", "JPEG"),
        ("1", "PNG"),
        ("L", "PNG"),
        ("P", "PNG"),
        ("I;16", "PNG"),
        ("L", "GIF"),
        ("P", "GIF"),
        ("L", "WEBP"),
    ],
)
def test_opaque_picture_of_any_mode__becomes_a_jpeg(mode, kind):
    gradient = Image.linear_gradient("L")
    source = gradient.convert("I").point(lambda x: x * 257) if mode == "I;16" else gradient
    [made_] = scale(file_of(source.convert(mode), kind), [Box(64, 64)])
    image = opened(made_).convert("L")

    assert made_.content_type == "image/jpeg"
    assert made_.suffix == "jpg"
    shades = [image.getpixel((32, y)) for y in (4, 32, 60)]
    assert shades == pytest.approx([16, 128, 240], abs=12)


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGBA", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP"), ("PA", "GIF")]
)
def test_transparent_picture__becomes_a_png(mode, kind):
    source = Image.new("RGBA", (128, 96), (0, 0, 0, 0))
    source.paste((255, 255, 255, 255), (64, 0, 128, 96))
    [made_] = scale(file_of(source if mode == "PA" else source.convert(mode), kind), [Box(64, 64)])
    image = opened(made_).convert("RGBA")

    assert made_.content_type == "image/png"
    assert made_.suffix == "png"
    assert image.getpixel((2, 20))[3] == 0
    assert image.getpixel((60, 20)) == (255, 255, 255, 255)


@pytest.mark.parametrize("mode", ["P", "RGB", "L", "1"])
def test_transparent_colour__stays_transparent(mode):
    source = Image.new("RGB", (64, 48), (0, 0, 0))
    source.paste((255, 255, 255), (32, 0, 64, 48))
    source = source.quantize(2) if mode == "P" else source.convert(mode)
    colour = source.getpixel((0, 0))
    [made_] = scale(file_of(source, "PNG", transparency=colour), [Box(32, 32)])
    image = opened(made_).convert("RGBA")

    assert image.getpixel((2, 2))[3] == 0
    assert image.getpixel((30, 2)) == (255, 255, 255, 255)


def test_hidden_colour__does_not_bleed_into_what_is_seen():
    source = Image.new("RGBA", (200, 200), (255, 0, 0, 0))
    source.paste((255, 255, 255, 255), (0, 0, 101, 200))
    [made_] = scale(file_of(source, "PNG"), [Box(20, 20)])
    image = opened(made_).convert("RGBA")

    for x in range(20):
        red, green, blue, alpha = image.getpixel((x, 10))
        assert alpha == 0 or min(red, green, blue) > 250


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparency_that_is_not_used__makes_no_png(kind):
    source = quarters()
    source.putalpha(255)

    [made_] = scale(file_of(source, kind), [AVATAR])

    assert made_.content_type == "image/jpeg"


def test_finely_striped_photograph__shows_no_pattern():
    stripes = Image.frombytes("L", (1600, 1200), b"\0\xff" * (800 * 1200))

    [made_] = scale(file_of(stripes, quality=95), [Box(height=150)])

    low, high = opened(made_).convert("L").crop((10, 10, 190, 140)).getextrema()
    assert high - low < 16


def test_photograph__is_as_sharp_as_one_that_is_decoded_whole():
    noise = Image.effect_noise((400, 300), 60).resize((1600, 1200), Image.Resampling.BICUBIC)
    content = file_of(noise, quality=95)
    best = Image.open(content).resize((800, 600), Image.Resampling.LANCZOS)

    [made_] = scale(content, [Box(height=600)])

    difference = ImageChops.difference(opened(made_).convert("L"), best)
    assert ImageStat.Stat(difference).rms[0] < 5
