"""QR codes (ISO/IEC 18004) as SVG, where the package segno is installed."""

import io
from functools import cache
from importlib.util import find_spec

#: Pixels of one module; four modules around the code are left empty, as readers need.
SCALE, BORDER = 4, 4


@cache
def has_segno() -> bool:
    """Return whether codes can be made."""
    return find_spec("segno") is not None


def qr_svg(text: str) -> bytes:
    """Return the code of ``text``, dark on light in every theme."""
    import segno

    out = io.BytesIO()
    code = segno.make_qr(text, error="m")
    code.save(
        out,
        kind="svg",
        scale=SCALE,
        border=BORDER,
        dark="#000",
        light="#fff",
        xmldecl=False,
        svgclass=None,
        lineclass=None,
    )
    return out.getvalue()
