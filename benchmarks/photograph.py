"""A generated photograph: shades, textures coarse and fine, a sensor's noise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PIL import Image, ImageChops

#: Pixels: 24 millions, as most cameras have.
SIZE = (6000, 4000)
#: What such cameras write by default is 6 to 8 MB; 7 at this quality.
QUALITY = 90

#: Standard deviations of the noise, by the pixels that one grain is wide. Nature's textures lose
#: strength as they get finer; the finest is the sensor's.
LIGHT = {256: 60.0, 64: 40.0, 16: 25.0, 4: 12.0, 1: 4.0}
#: Colours change more slowly.
COLOUR = {512: 40.0, 64: 12.0, 8: 4.0}


def take_photograph(path: Path, quality: int = QUALITY) -> int:
    """Write a JPEG of ``SIZE`` to ``path``, of that quality, and return its bytes."""
    light = _layers(LIGHT, angle=0)
    blue, red = _layers(COLOUR, angle=90), _layers(COLOUR, angle=180)
    Image.merge("YCbCr", (light, blue, red)).save(path, "JPEG", quality=quality)
    return path.stat().st_size


def _layers(noise: Mapping[int, float], *, angle: int) -> Image.Image:
    """Return a gradient under noise of each kind."""
    gradient = Image.linear_gradient("L").rotate(angle)
    image = gradient.point(lambda shade: 64 + shade // 2).resize(SIZE, Image.Resampling.BICUBIC)
    for grain, deviation in noise.items():
        layer = Image.effect_noise((SIZE[0] // grain, SIZE[1] // grain), deviation)
        if grain > 1:
            layer = layer.resize(SIZE, Image.Resampling.BICUBIC)
        image = ImageChops.add(image, layer, offset=-128)
    return image
