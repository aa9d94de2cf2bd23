"""Pictures of swatches side by side, one for each way in which a format describes colours."""

import struct
import zlib

from PIL import Image, ImageCms

from tests.renditions.pictures import chunk, file_of

SIDE = 16

SHADES = [(shade,) for shade in (0, 8, 32, 64, 128, 200, 255)]
COLOURS = [(0, 0, 0), (64, 64, 64), (128, 128, 128), (255, 255, 255)]
COLOURS += [(200, 50, 50), (50, 200, 50), (50, 50, 200)]
ALPHAS = (255, 128, 0, 200, 100, 255, 128)
INKS = [(0, 0, 0, 0), (255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 0), (0, 0, 0, 128)]
#: Of 16 bits. The last two differ in their lower bytes alone.
DEEP = (0, 64, 300, 1000, 40_000, 65_535, 0x1280, 0x12FF)
DEEP_SHADES = [(shade,) for shade in DEEP]
DEEP_COLOURS = [*((shade,) * 3 for shade in DEEP), (40_000, 1000, 0x1280)]


def profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapping_profile():
    """Return a profile of which the first primary is green and the second red."""
    data = bytearray(profile())
    (count,) = struct.unpack_from(">I", data, 128)
    tags = {bytes(data[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    data[tags[b"rXYZ"] : tags[b"rXYZ"] + 4] = b"gXYZ"
    data[tags[b"gXYZ"] : tags[b"gXYZ"] + 4] = b"rXYZ"
    return bytes(data)


def made_profile(space, connection, tags):
    """Return a profile (ICC.1) of these tags."""
    white = struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    tags = {b"wtpt": b"XYZ \0\0\0\0" + white} | tags
    table, data, start = b"", b"", 128 + 4 + len(tags) * 12
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    kind = b"\2\x10\0\0mntr" + space + connection
    head = struct.pack(">I4x16s12x4s28x12s48x", start + len(data), kind, b"acsp", white)
    return head + struct.pack(">I", len(tags)) + table + data


def curve(gamma):
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))


def linear_grey():
    """Return a profile of grey whose values are as bright as they are large."""
    return made_profile(b"GRAY", b"XYZ ", {b"kTRC": curve(1)})


def linear_colours():
    """Return a profile of sRGB's primaries whose values are as bright as they are large."""
    colorants = {
        b"rXYZ": (0x6FA2, 0x38F5, 0x0390),
        b"gXYZ": (0x6299, 0xB785, 0x18DA),
        b"bXYZ": (0x24A0, 0x0F84, 0xB6CF),
    }
    tags = {name: b"XYZ \0\0\0\0" + struct.pack(">3i", *xyz) for name, xyz in colorants.items()}
    return made_profile(
        b"RGB ", b"XYZ ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve(1))
    )


def inks():
    """Return a profile of CMYK as a table of Lab, and one of grey for another intent."""
    table = b"mft1" + bytes(4) + b"\4\3\2\0"
    table += struct.pack(">9i", 65_536, 0, 0, 0, 65_536, 0, 0, 0, 65_536) + bytes(range(256)) * 4
    end, head = bytes(range(256)) * 3, table
    for number in range(16):
        cyan, magenta, yellow, black = (number >> bit & 1 for bit in (3, 2, 1, 0))
        light = 255 - 90 * cyan - 90 * magenta - 25 * yellow
        table += bytes(
            [light // (3 if black else 1), 128 + 40 * (magenta - cyan), 128 + 30 * yellow]
        )
    return made_profile(
        b"CMYK", b"Lab ", {b"A2B0": table + end, b"A2B1": head + bytes([128]) * 48 + end}
    )


def adobe_rgb():
    """Return EXIF that names the colour space Adobe RGB, as cameras write it (DCF)."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 65_535
    exif[0xA005] = {1: "R03"}
    return exif


def strip(colours, mode):
    image = Image.new(mode, (len(colours) * SIDE, SIDE))
    for index, colour in enumerate(colours):
        colour = colour if len(colour) > 1 else colour[0]
        image.paste(colour, (index * SIDE, 0, (index + 1) * SIDE, SIDE))
    return image


def png(swatches, *chunks, depth=8, colour=2):
    """Return a PNG of these samples."""
    bits = "".join(
        "".join(f"{sample:0{depth}b}" for sample in swatch) * SIDE for swatch in swatches
    )
    row = b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")
    header = struct.pack(">IIBBBBB", len(swatches) * SIDE, SIDE, depth, colour, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(row * SIDE))
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + b"".join(chunks) + pixels + chunk(b"IEND", b"")


def grey(*chunks, swatches=SHADES, depth=8):
    return png(swatches, *chunks, depth=depth, colour=0)


PALETTE = chunk(b"PLTE", b"".join(map(bytes, COLOURS)))


def indexed(*chunks, depth=8, swatches=None):
    indices = swatches or [(index,) for index in range(min(len(COLOURS), 2**depth))]
    palette = chunk(b"PLTE", b"".join(map(bytes, COLOURS[: 2**depth])))
    return png(indices, palette, *chunks, depth=depth, colour=3)


def with_alpha(swatches, alphas=ALPHAS, factor=1):
    return [(*each, factor * alpha) for each, alpha in zip(swatches, alphas, strict=False)]


def gama(gamma):
    return chunk(b"gAMA", struct.pack(">I", round(gamma * 100_000)))


def chrm(*values):
    return chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in values)))


def cicp(primaries, transfer, *, matrix=0, is_full=1):
    return chunk(b"cICP", bytes([primaries, transfer, matrix, is_full]))


def iccp(data):
    return chunk(b"iCCP", b"icc\0\0" + zlib.compress(data))


def trns(*values):
    return chunk(b"tRNS", struct.pack(f">{len(values)}H", *values))


def jpeg(swatches, mode="RGB", **options):
    return file_of(strip(swatches, mode), quality=95, subsampling=0, **options).getvalue()


def webp(swatches, mode="RGB", **options):
    return file_of(strip(swatches, mode), "WEBP", lossless=True, **options).getvalue()


def gif(left, right, **options):
    """Return a GIF whose first frame covers what is between ``left`` and ``right``, in swatches."""
    image = strip([(index,) for index in range(len(COLOURS))], "P")
    image.putpalette(b"".join(map(bytes, COLOURS)))
    frame = image.crop((left * SIDE, 0, right * SIDE, SIDE))
    data = file_of(frame, "GIF", optimize=False, **options).getvalue()
    screen, size = (struct.pack("<HH", *each.size) for each in (image, frame))
    before, after = data[10:].split(b"," + bytes(4) + size, 1)
    return data[:6] + screen + before + b"," + struct.pack("<HH", left * SIDE, 0) + size + after


P3 = chrm(0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
SRGB = chunk(b"sRGB", b"\0")
LINEAR, DARK, SWAPPED = gama(1), gama(0.3), iccp(swapping_profile())
LINEAR_GREY, LINEAR_COLOURS = iccp(linear_grey()), iccp(linear_colours())
MASK = chunk(b"tRNS", bytes(ALPHAS[:4]))

PICTURES = (
    {f"gAMA {gamma}": png(COLOURS, gama(gamma)) for gamma in (0, 0.1, 0.3, 0.45455, 0.7, 1, 2, 30)}
    | {f"cICP 1 {code}": png(COLOURS, cicp(1, code)) for code in range(1, 16)}
    | {f"cICP {code} 13": png(COLOURS, cicp(code, 13)) for code in (*range(1, 13), 22)}
    | {
        f"{depth} bits of grey, {name}": grey(
            *chunks, swatches=[(shade,) for shade in range(2**depth)], depth=depth
        )
        for depth in (1, 2, 4)
        for name, chunks in {"gAMA": [LINEAR], "tRNS": [trns(1)], "both": [LINEAR, trns(1)]}.items()
    }
    | {
        f"{depth} bits of palette, {name}": indexed(*chunks, depth=depth)
        for depth in (1, 2, 4, 8)
        for name, chunks in {"gAMA": [LINEAR], "tRNS": [MASK], "both": [LINEAR, MASK]}.items()
    }
    | {
        "grey, gAMA": grey(LINEAR),
        "grey, gAMA, cHRM": grey(LINEAR, P3),
        "grey and alpha, gAMA": png(with_alpha(SHADES), LINEAR, colour=4),
        "gAMA, alpha": png(with_alpha(COLOURS), LINEAR, colour=6),
        "gAMA, cHRM": png(COLOURS, LINEAR, P3),
        "cHRM": png(COLOURS, P3),
        "gAMA, impossible cHRM": png(COLOURS, LINEAR, chrm(*[0] * 8)),
        "gAMA, cHRM of one line": png(COLOURS, LINEAR, chrm(0.3, 0.3, *[0.2, 0.2] * 3)),
        "gAMA, long cHRM": png(COLOURS, LINEAR, chunk(b"cHRM", bytes(33))),
        "gAMA twice": png(COLOURS, LINEAR, gama(0.45455)),
        "gAMA with a wrong checksum": png(COLOURS, LINEAR[:-4] + bytes(4)),
        "gAMA of five bytes": png(COLOURS, chunk(b"gAMA", b"\0\1\x86\xa0\0")),
        "gAMA behind": png(COLOURS)[:-12] + LINEAR + chunk(b"IEND", b""),
        "sRGB, gAMA": png(COLOURS, LINEAR, SRGB),
        "unknown sRGB, gAMA": png(COLOURS, chunk(b"sRGB", b"\4"), LINEAR),
        "iCCP, sRGB, gAMA": png(COLOURS, SRGB, LINEAR, SWAPPED),
        "iCCP twice": png(COLOURS, SWAPPED, iccp(profile())),
        "broken iCCP, gAMA": png(COLOURS, iccp(swapping_profile()[:300]), LINEAR),
        "cut iCCP, gAMA": png(COLOURS, chunk(b"iCCP", SWAPPED[8:-8]), LINEAR),
        "iCCP without name, gAMA": png(COLOURS, chunk(b"iCCP", SWAPPED[11:-4]), LINEAR),
        "iCCP of grey for colours, gAMA": png(COLOURS, LINEAR_GREY, LINEAR),
        "iCCP of grey": grey(LINEAR_GREY),
        "iCCP of colours for grey": grey(LINEAR_COLOURS),
        "iCCP of grey, alpha": png(with_alpha(SHADES), LINEAR_GREY, colour=4),
        "iCCP of grey for a palette": indexed(LINEAR_GREY),
        "iCCP of inks": png(COLOURS, iccp(inks()), LINEAR),
        "cICP, iCCP, sRGB, gAMA": png(COLOURS, cicp(1, 8), SWAPPED, SRGB, DARK),
        "cICP of a video, gAMA": png(COLOURS, cicp(1, 8, is_full=0), DARK),
        "unknown cICP, gAMA": png(COLOURS, cicp(2, 2), DARK),
        "short cICP, gAMA": png(COLOURS, chunk(b"cICP", b"\1\x08\0"), DARK),
        "cICP behind the palette": indexed(cicp(1, 8)),
        "cICP, grey": grey(cicp(12, 8)),
        "HDR, PQ": grey(cicp(9, 16)),
        "HDR, HLG": grey(cicp(9, 18)),
        "texts": png(
            COLOURS,
            *(
                chunk(b"tEXt", name + b"\x001")
                for name in (b"gamma", b"srgb", b"chromaticity", b"transparency", b"icc_profile")
            ),
        ),
        "palette, shorter than its pixels say": indexed(swatches=[(2,), (6,), (7,), (255,)]),
        "palette, tRNS in front": png([(0,), (4,)], MASK, PALETTE, colour=3),
        "palette, one transparent": indexed(chunk(b"tRNS", b"\xff\0\xff")),
        "palette, longer tRNS": indexed(chunk(b"tRNS", bytes(range(50)))),
        "palette, too long tRNS": indexed(chunk(b"tRNS", bytes(300))),
        "palette, tRNS twice": indexed(MASK, chunk(b"tRNS", bytes(3))),
        "tRNS of grey": grey(trns(64)),
        "tRNS of more than 8 bits": grey(trns(64 + 256)),
        "tRNS of 4 bits and more": grey(trns(17), swatches=[(0,), (1,)], depth=4),
        "tRNS of a colour": png(COLOURS, trns(200, 50, 50), LINEAR),
        "short tRNS": png(COLOURS, trns(200)),
        "tRNS behind": png(COLOURS)[:-12] + trns(200, 50, 50) + chunk(b"IEND", b""),
        "tRNS beside alpha": png(with_alpha(COLOURS), trns(200, 50, 50), colour=6),
        "16 bits": png(DEEP_COLOURS, depth=16),
        "16 bits, gAMA": png(DEEP_COLOURS, LINEAR, depth=16),
        "16 bits, iCCP": png(DEEP_COLOURS, SWAPPED, depth=16),
        "16 bits, tRNS": png(DEEP_COLOURS, trns(*[0x1280] * 3), depth=16),
        "16 bits, tRNS of none": png(DEEP_COLOURS, trns(*[0x1281] * 3), depth=16),
        "16 bits, gAMA, tRNS": png(DEEP_COLOURS, LINEAR, trns(40_000, 1000, 0x1280), depth=16),
        "16 bits, gAMA, alpha": png(
            with_alpha(DEEP_COLOURS, ALPHAS, 257), LINEAR, depth=16, colour=6
        ),
        "16 bits of grey, gAMA": grey(LINEAR, swatches=DEEP_SHADES, depth=16),
        "16 bits of grey, iCCP": grey(LINEAR_GREY, swatches=DEEP_SHADES, depth=16),
        "16 bits of grey, tRNS": grey(trns(0x1280), swatches=DEEP_SHADES, depth=16),
        "16 bits of grey, dark tRNS": grey(trns(64), LINEAR, swatches=DEEP_SHADES, depth=16),
        "16 bits of grey, iCCP, alpha": png(
            with_alpha(DEEP_SHADES, ALPHAS, 257), LINEAR_GREY, depth=16, colour=4
        ),
        "JPEG, ICC": jpeg(COLOURS, icc_profile=swapping_profile()),
        "JPEG, broken ICC": jpeg(COLOURS, icc_profile=swapping_profile()[:300]),
        "JPEG, ICC of grey": jpeg(COLOURS, icc_profile=linear_grey()),
        "JPEG, ICC of inks": jpeg(COLOURS, icc_profile=inks()),
        "JPEG, EXIF of Adobe RGB": jpeg(COLOURS, exif=adobe_rgb()),
        "JPEG of grey, ICC": jpeg(SHADES, "L", icc_profile=linear_grey()),
        "JPEG of grey, ICC of colours": jpeg(SHADES, "L", icc_profile=linear_colours()),
        "JPEG of grey, ICC of inks": jpeg(SHADES, "L", icc_profile=inks()),
        "JPEG of inks": jpeg(INKS, "CMYK"),
        "JPEG of inks, ICC": jpeg(INKS, "CMYK", icc_profile=inks()),
        "JPEG of inks, ICC for another intent": jpeg(
            INKS,
            "CMYK",
            icc_profile=inks().replace(b"A2B1", b"none").replace(b"A2B0", b"A2B1"),
        ),
        "JPEG of inks, ICC of colours": jpeg(INKS, "CMYK", icc_profile=swapping_profile()),
        "JPEG of YCCK": jpeg(INKS, "CMYK").replace(b"Adobe\0d\0\0\0\0\0", b"Adobe\0d\0\0\0\0\2"),
        "WEBP, ICC": webp(COLOURS, icc_profile=swapping_profile()),
        "WEBP, ICC, animated": webp(
            COLOURS,
            icc_profile=swapping_profile(),
            save_all=True,
            append_images=[strip(COLOURS[::-1], "RGB")],
            duration=3_600_000,
        ),
        "WEBP, ICC of grey": webp(COLOURS, icc_profile=linear_grey()),
        "WEBP, ICC, alpha": webp(with_alpha(COLOURS), "RGBA", icc_profile=swapping_profile()),
        "WEBP, alpha": webp(with_alpha(COLOURS), "RGBA"),
        "GIF": gif(0, 7),
        "GIF, one transparent": gif(0, 7, transparency=4),
        "GIF, smaller frame": gif(2, 5),
        "GIF, smaller frame, one transparent": gif(2, 5, transparency=3),
    }
)
