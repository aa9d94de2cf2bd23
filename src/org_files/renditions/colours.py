"""Colours and transparency of decoded pictures. Knows no Django."""

import io
import struct
from importlib import import_module
from typing import IO, Any, cast

from PIL import Image, ImageChops

#: Modes of pictures of grey.
GREY = ("1", "L", "LA", "I;16", "I")
#: The mode that a profile converts, by its colour space (ICC.1, 7.2.6).
SPACES = {b"GRAY": "L", b"RGB ": "RGB", b"CMYK": "CMYK"}
#: What Pillow multiplies the samples of a PNG of grey by, to fill 8 bits.
FACTORS = {"1": 255, "L;2": 85, "L;4": 17, "L": 1}


class Colours:
    """The colours of ``image``, opened from ``content`` and not yet decoded."""

    def __init__(self, image: Image.Image, content: IO[bytes]) -> None:
        self.content = content
        self.chunks: dict[bytes, bytes] = {}
        self.is_png, self.is_gif = image.format == "PNG", image.format == "GIF"
        tiles: Any = getattr(image, "tile", None)
        tile = tiles[0] if tiles else ("", None, 0, "")
        #: The part of the picture that the first frame covers.
        self.box = tile[1]
        #: The samples of a PNG, as Pillow calls them.
        self.samples = tile[3] if self.is_png else ""
        self.is_grey = image.mode in GREY or self.samples == "LA;16B"
        #: ICC profiles, of which the first that can be read counts.
        self.profiles = [image.info["icc_profile"]] if image.info.get("icc_profile") else []
        if image.format == "WEBP" and getattr(image, "is_animated", False):
            # Chromium shows animations as sRGB.
            self.profiles = []
        if self.is_png:
            png_colours = import_module("png_colours")
            self.chunks = png_colours.chunks_of(content)
            self.profiles = png_colours.profiles_of(self.chunks)

    def flat(self, image: Image.Image) -> Image.Image:
        """Return ``image`` in a mode that can be scaled: L, RGB, CMYK, or RGBa for transparency."""
        mask = None
        if self.is_png:
            # Pillow gives the value before samples are widened to 8 bits, or a text of this name.
            image.info.pop("transparency", None)
            if image.mode == "P" and b"PLTE" in self.chunks:
                data = self._palette()
                image.putpalette(data, "RGB" if len(data) == 768 else "RGBA")
            mask = self._seen(image)
        elif self.is_gif and self.box != (0, 0, *image.size) and not image.has_transparency_data:
            # Around the first frame the picture is transparent.
            mask = Image.new("L", image.size)
            mask.paste(255, self.box)
        if image.mode.startswith("I"):
            image = image.convert("I").point([value >> 8 for value in range(65_536)], "L")
        if mask is not None and mask.getextrema() != (255, 255):
            image = image.convert("RGB")
            image.putalpha(mask)
        if image.has_transparency_data:
            image = image if image.mode == "RGBA" else image.convert("RGBA")
            # Colours weigh as much as they are seen, or what is hidden bleeds into the edges.
            return image.convert("RGBa")
        if image.mode == "1":
            return image.convert("L")
        return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")

    def _palette(self) -> bytes:
        """Return the palette of a PNG, with alpha if there is any."""
        data = self.chunks[b"PLTE"]
        colours = [data[at : at + 3] for at in range(0, min(len(data) // 3, 256) * 3, 3)]
        # Pixels may have a higher index than the last colour.
        colours += colours[-1:] * (256 - len(colours))
        if not 1 <= len(self.chunks.get(b"tRNS", b"")) <= 256:
            return b"".join(colours)
        alphas = self.chunks[b"tRNS"].ljust(256, b"\xff")
        return b"".join(
            colour + bytes([alpha]) for colour, alpha in zip(colours, alphas, strict=True)
        )

    def _seen(self, image: Image.Image) -> Image.Image | None:
        """Return 0 where ``image`` has the transparent colour of a PNG, and 255 elsewhere."""
        count = 3 if self.samples.startswith("RGB") else 1
        key = self.chunks.get(b"tRNS", b"")
        if len(key) < 2 * count or self.samples not in (*FACTORS, "I;16B", "RGB", "RGB;16B"):
            return None
        values = struct.unpack_from(f">{count}H", key)
        if self.samples == "I;16B":
            table = [255 * (value != values[0]) for value in range(65_536)]
            return image.convert("I").point(table, "L")
        images = [image]
        if self.samples == "RGB;16B":
            images.append(self._low_bytes())
            values = (*(value >> 8 for value in values), *(value & 255 for value in values))
        else:
            values = tuple((value & 255) * FACTORS.get(self.samples, 1) for value in values)
            images = [image.convert("L")] if count == 1 else images
        seen = Image.new("L", image.size)
        for index, value in enumerate(values):
            band = images[index // count].getchannel(index % count)
            differs = band.point([255 * (each != value) for each in range(256)])
            seen = ImageChops.lighter(seen, differs)
        return seen

    def _low_bytes(self) -> Image.Image:
        """Return the lower bytes of a PNG of 16 bits, of which Pillow gives the higher ones."""
        self.content.seek(0)
        image: Any = Image.open(self.content, formats=["PNG"])
        name, box, offset, _ = image.tile[0]
        image.tile = [type(image.tile[0])(name, box, offset, "RGB;16L")]
        import_module("rows").feed_rows(image, self.content)
        image.load()
        return cast("Image.Image", image)

    def in_srgb(self, image: Image.Image) -> Image.Image:
        """Return ``image``, flat, in L, RGB or RGBA, in sRGB."""
        alpha = None
        if image.mode == "RGBa":
            image = image.convert("RGBA")
            alpha, image = image.getchannel("A"), image.convert("L" if self.is_grey else "RGB")
        if self.profiles:
            image = self._converted(image)
        if image.mode == "CMYK":
            image = image.convert("RGB")
        if alpha is not None and alpha.getextrema() != (255, 255):
            image = image.convert("RGB")
            image.putalpha(alpha)
        return image

    def _converted(self, image: Image.Image) -> Image.Image:
        """Return ``image`` in sRGB, or as it is where the profile is broken or another's."""
        from PIL import ImageCms  # takes a while, and few have a profile

        for profile in self.profiles:
            try:
                # Browsers use the table for the perceptual intent if there is one.
                if b"A2B0" in profile:
                    profile = profile.replace(b"A2B1", bytes(4))
                source = ImageCms.getOpenProfile(io.BytesIO(profile))
                mode = SPACES.get(profile[16:20])
                if image.mode == "L" and mode in ("L", "RGB"):
                    return _toned(image, source, mode)
                if image.mode == mode != "L":
                    return _to_srgb(_without_black(image) if mode == "CMYK" else image, source)
            except (ImageCms.PyCMSError, ImportError):  # or Pillow was built without littlecms
                continue
            return image
        return image


def _without_black(image: Image.Image) -> Image.Image:
    """Return ``image`` in cyan, magenta and yellow, as browsers hand it to a profile of inks."""
    inks = ImageChops.invert(image.convert("RGB")).split()
    return Image.merge("CMYK", [*inks, Image.new("L", image.size)])


def _toned(image: Image.Image, source: Any, mode: str) -> Image.Image:
    """Return ``image``, of grey, converted from ``source``, a profile of ``mode``, to sRGB."""
    ramp = Image.frombytes("L", (256, 1), bytes(range(256))).convert(mode)
    bands = [list(band.tobytes()) for band in _to_srgb(ramp, source, is_exact=True).split()]
    if all(max(tone) - min(tone) <= 1 for tone in zip(*bands, strict=True)):
        return image.point(bands[1])
    return Image.merge("RGB", [image.point(band) for band in bands])


def _to_srgb(image: Image.Image, source: Any, *, is_exact: bool = False) -> Image.Image:
    from PIL import ImageCms

    converted = ImageCms.profileToProfile(
        image,
        source,
        ImageCms.createProfile("sRGB"),
        # The other intents brighten or darken black.
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        # Without it dark tones are interpolated. It takes long.
        flags=ImageCms.Flags.NOOPTIMIZE if is_exact else ImageCms.Flags.NONE,
    )
    return cast("Image.Image", converted)
