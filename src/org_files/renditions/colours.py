"""Conversion of colours to sRGB. Knows no Django."""

import io

from PIL import Image


def in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return ``image`` in L, RGB or RGBA, in sRGB."""
    alpha = None
    if image.mode == "RGBa":
        image = image.convert("RGBA")
        alpha, image = image.getchannel("A"), image.convert("RGB")
    if profile:
        image = _converted(image, profile)
    if image.mode == "CMYK":
        image = image.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        image = image.convert("RGB")
        image.putalpha(alpha)
    return image


def _converted(image: Image.Image, profile: bytes) -> Image.Image:
    """Return ``image`` converted to sRGB, or as it is where the profile is broken or another's."""
    from PIL import ImageCms  # takes a while, and few have a profile

    mode = "L" if image.mode == "L" else "RGB"
    if profile[16:20] == b"GRAY" and image.mode == "RGB":
        # Grey, and RGB only because it is transparent (ICC.1, 7.2.8).
        image = image.convert("L")
    try:
        converted = ImageCms.profileToProfile(
            image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, ImportError):  # or Pillow was built without littlecms
        return image
    return image if converted is None else converted.convert(mode)
