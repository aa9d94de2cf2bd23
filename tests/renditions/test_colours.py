"""Colours and transparency, as each format describes them, become sRGB and alpha.

The expected values are those of Chromium, to which `tests/live/test_browser_colours.py` compares
every picture.
"""

import io

import pytest

from org_files.renditions import Box, scale
from tests.renditions.pictures import image_in
from tests.renditions.swatches import PICTURES, SIDE

BLACK, WHITE, CLEAR = (0, 0, 0), (255, 255, 255), (0, 0, 0, 0)


def shades(*values):
    return [(value,) * 3 for value in values]


AS_IT_IS = [*shades(0, 64, 128, 255), (200, 50, 50), (50, 200, 50), (50, 50, 200)]
SWAPPED = [*AS_IT_IS[:4], AS_IT_IS[5], AS_IT_IS[4], AS_IT_IS[6]]
LINEAR = [*shades(0, 137, 188, 255), (229, 122, 122), (122, 229, 122), (122, 122, 229)]
LINEAR_SHADES = shades(0, 50, 99, 137, 188, 229, 255)
DEEP = shades(0, 0, 1, 3, 156, 255, 18, 18)
DEEP_LINEAR = shades(0, 0, 13, 28, 205, 255, 75, 75)
MASKED = [AS_IT_IS[0], (64, 64, 64, 128), CLEAR, (255, 255, 255, 200), *AS_IT_IS[4:]]
INKED = [WHITE, (43, 176, 155), (222, 128, 159), (243, 226, 169), (152, 143, 117)]

#: Of each picture the first swatches.
EXPECTED = {
    "gAMA 0": AS_IT_IS,
    "gAMA 0.45455": AS_IT_IS,
    "gAMA 1": LINEAR,
    "gAMA 2": shades(0, 188, 219, 255),
    "gAMA, cHRM": [*LINEAR[:4], (245, 115, 119), (71, 232, 108), (122, 122, 236)],
    "cHRM": AS_IT_IS,
    "gAMA, impossible cHRM": AS_IT_IS,
    "gAMA twice": LINEAR,
    "gAMA with a wrong checksum": AS_IT_IS,
    "gAMA behind": AS_IT_IS,
    "grey, gAMA": LINEAR_SHADES,
    "sRGB, gAMA": AS_IT_IS,
    "unknown sRGB, gAMA": LINEAR,
    "iCCP, sRGB, gAMA": SWAPPED,
    "broken iCCP, gAMA": LINEAR,
    "iCCP of grey for colours, gAMA": AS_IT_IS,
    "iCCP of grey": LINEAR_SHADES,
    "iCCP of colours for grey": LINEAR_SHADES,
    "cICP, iCCP, sRGB, gAMA": LINEAR,
    "cICP behind the palette": AS_IT_IS,
    "cICP 9 13": [*AS_IT_IS[:4], (248, 0, 41), (0, 211, 0), (0, 46, 210)],
    "cICP 1 1": shades(0, 54, 121, 255),
    "HDR, PQ": shades(0, 0, 5, 30, 132, 255, 255),
    "HDR, HLG": shades(0, 1, 14, 43, 99, 202, 255),
    "texts": AS_IT_IS,
    "2 bits of grey, both": [BLACK, CLEAR, *shades(213, 255)],
    "4 bits of grey, tRNS": [BLACK, CLEAR, *shades(34, 51, 68, 85)],
    "8 bits of palette, tRNS": MASKED,
    "8 bits of palette, both": [LINEAR[0], (137, 137, 137, 128), CLEAR, (*WHITE, 200), *LINEAR[4:]],
    "palette, shorter than its pixels say": [AS_IT_IS[2], *AS_IT_IS[6:] * 3],
    "palette, tRNS in front": [AS_IT_IS[0], AS_IT_IS[4]],
    "palette, too long tRNS": AS_IT_IS,
    "tRNS of a colour": [*LINEAR[:4], CLEAR, *LINEAR[5:]],
    "short tRNS": AS_IT_IS,
    "tRNS behind": AS_IT_IS,
    "16 bits, gAMA": [*DEEP_LINEAR, (205, 28, 75)],
    "16 bits, tRNS": [*DEEP[:6], CLEAR, DEEP[7], (156, 3, 18)],
    "16 bits, tRNS of none": DEEP,
    "16 bits of grey, iCCP": DEEP_LINEAR,
    "16 bits of grey, tRNS": [*DEEP[:6], CLEAR, DEEP[7]],
    "JPEG, ICC": SWAPPED,
    "JPEG, ICC of grey": AS_IT_IS,
    "JPEG, EXIF of Adobe RGB": AS_IT_IS,
    "JPEG of grey, ICC": LINEAR_SHADES,
    "JPEG of inks": [WHITE, (0, 255, 255), (255, 0, 255), (255, 255, 0), (127, 127, 127)],
    "JPEG of inks, ICC": INKED,
    "JPEG of inks, ICC for another intent": INKED,
    "WEBP, ICC": SWAPPED,
    "WEBP, ICC, animated": AS_IT_IS,
    "WEBP, ICC, alpha": [BLACK, (64, 64, 64, 128), CLEAR, (*WHITE, 200), (50, 200, 50, 100)],
    "GIF, one transparent": [*AS_IT_IS[:4], CLEAR, *AS_IT_IS[5:]],
    "GIF, smaller frame": [CLEAR, CLEAR, *AS_IT_IS[2:5], CLEAR, CLEAR],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_colours__are_those_that_the_file_describes(name):
    [made] = scale(io.BytesIO(PICTURES[name]), [Box()])

    image = image_in(made.content.read()).convert("RGBA")
    for index, colour in enumerate(EXPECTED[name]):
        found = image.getpixel((index * SIDE + SIDE // 2, SIDE // 2))
        assert found == pytest.approx(colour if len(colour) == 4 else (*colour, 255), abs=4), index
