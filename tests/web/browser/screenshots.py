"""Pictures of the pages for README and docs, from the demo data.

``python -m tests.web.browser.screenshots`` writes them to ``docs/images``.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.example.conftest import logins
from tests.servers.site import LiveSite
from tests.web.browser.person import Person, launch

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "images"
DESKTOP, PHONE = (1200, 760), (390, 760)

#: The page, the theme and the size of each picture.
PICTURES = {
    "library-light": ("/?view=list", "light", DESKTOP),
    "library-dark": ("/?view=grid", "dark", DESKTOP),
    "file": ("file", "light", DESKTOP),
    "organization": ("organization", "light", DESKTOP),
    "phone": ("/?view=grid", "light", PHONE),
    "share": ("share", "light", (720, 480)),
}


def save(name: str, content: bytes) -> None:
    """Write a picture with a palette, which is a third of the size."""
    with Image.open(io.BytesIO(content)) as picture:
        small = picture.convert("RGB").quantize(128, dither=Image.Dither.NONE)
        small.save(FOLDER / f"{name}.png", optimize=True)


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with LiveSite({"DEBUG": "1"}) as site, sync_playwright() as playwright:
        output = site.manage("demo_data")
        email, password = next(iter(logins(output).items()))
        person = Person(launch(playwright), site)
        page = person.open("/log-in/").page
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(password)
        person.press("Log in")
        person.open("/?view=list&search=dusk")
        found = {"file": page.locator("#of-list th[scope=row] a").first.get_attribute("href")}
        person.open("/organizations/")
        first = page.locator("#of-main th[scope=row] a").first
        found["organization"] = first.get_attribute("href")
        found["share"] = output.split("needs no login: ")[1].split()[0]
        for name, (path, theme, (width, height)) in PICTURES.items():
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": height})
            page.goto(found.get(path, path), wait_until="networkidle")
            if name == "library-dark" or name == "phone":
                page.locator("#of-list").evaluate("(list) => list.scrollIntoView()")
                page.wait_for_timeout(1500)
            save(name, page.screenshot())


if __name__ == "__main__":
    main()
