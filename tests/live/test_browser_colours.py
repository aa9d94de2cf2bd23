"""Renditions have the colours that Chromium shows."""

import html
import io
import json
from base64 import b64encode

import pytest

from org_files.renditions import Box, scale
from tests.renditions.swatches import PICTURES, SIDE
from tests.servers.chromium import Chromium

pytestmark = pytest.mark.walks

#: Writes the colours of the swatches of all pictures into the document.
SCRIPT = """
onload = () => {
  const found = [...document.images].map((image) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    const pixels = [];
    for (let x = SIDE / 2; x < canvas.width; x += SIDE)
      pixels.push([...context.getImageData(x, SIDE / 2, 1, 1).data]);
    return pixels;
  });
  document.querySelector("pre").textContent = JSON.stringify(found);
};
"""
#: Of 255. JPEG and alpha take away as much.
TOLERANCE = 6


def shown(contents, folder):
    """Return the colours of the swatches of pictures as Chromium shows them."""
    images = "".join(
        f'<img src="data:image/png;base64,{b64encode(content).decode()}">' for content in contents
    )
    script = SCRIPT.replace("SIDE", str(SIDE))
    page = folder / "page.html"
    page.write_text(f"<!doctype html>{images}<pre></pre><script>{script}</script>")
    with Chromium(page.as_uri(), "--dump-dom", "--force-color-profile=srgb") as browser:
        browser.process.wait(120)
        output = browser.output()
    assert "<pre>[" in output, output[-2000:]
    return json.loads(html.unescape(output.split("<pre>")[1].split("</pre>")[0]))


def distance(one, other):
    """Return how much two colours differ on the worst background."""
    differences = [abs(a - b) for a, b in zip(one, other, strict=True)]
    return max(differences[3], max(differences[:3]) * max(one[3], other[3]) / 255)


def test_renditions__have_the_colours_of_their_originals(tmp_path):
    made = [scale(io.BytesIO(content), [Box()])[0].content.read() for content in PICTURES.values()]

    found = shown([*PICTURES.values(), *made], tmp_path)

    originals, renditions = found[: len(made)], found[len(made) :]
    different = {
        name: (original, rendition)
        for name, original, rendition in zip(PICTURES, originals, renditions, strict=True)
        if len(original) != len(rendition)
        or max(map(distance, original, rendition), default=255) > TOLERANCE
    }
    assert different == {}
