"""Pictures of the restyled pages, for docs/pages.rst: ``python -m tests.hosts.pages.pictures``."""

import os
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.hosts.pages.settings"
# Playwright keeps an event loop in this thread.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

HERE = Path(__file__).parent
FOLDER = HERE.parents[2] / "docs" / "images"
STYLES = HERE / "shop" / "static" / "shop"
SIZE = {"width": 1120, "height": 700}


def take(folder):
    """Write the pictures to ``folder``."""
    import django

    django.setup()

    from django.contrib.auth.models import Permission
    from django.contrib.staticfiles.testing import StaticLiveServerTestCase
    from django.core.files.base import ContentFile
    from django.test import Client
    from django.test.runner import DiscoverRunner
    from playwright.sync_api import sync_playwright

    from org_files.testing.factories import join, make_organization, make_user
    from tests.hosts.pages.shop.models import Lamp
    from tests.web.browser.person import launch

    class Pictures(StaticLiveServerTestCase):
        def test_pictures(self):
            user = make_user("ada", first_name="Ada", last_name="King")
            change = Permission.objects.filter(codename="change_lamp")
            user.user_permissions.add(*change)
            company = make_organization("Lamps")
            join(company, user, "admin")
            lamp = Lamp.objects.create(company=company, name="Desk lamp")
            for name in ("manual.txt", "drawing.txt", "price list.txt"):
                content = ContentFile(name.encode() * 4000, name=name)
                lamp.attachments.add(content, by=user)
            session = Client()
            session.force_login(user)
            cookie = {"name": "sessionid", "value": session.cookies["sessionid"].value}
            with sync_playwright() as playwright:
                browser = launch(playwright)
                context = browser.new_context(viewport=SIZE, base_url=self.live_server_url)
                context.add_cookies([{**cookie, "url": self.live_server_url}])
                page = context.new_page()
                # The site has one style sheet: that of the other example takes its place.
                page.route("**/shop.css", lambda route: route.fulfill(path=STYLES / "accent.css"))
                self.shoot(page, "/files/", "restyle-1")
                page.unroute("**/shop.css")
                self.shoot(page, "/files/", "restyle-2")
                self.shoot(
                    page,
                    "/files/trash/",
                    "restyle-3",
                    clip={"x": 0, "y": 0, "width": 1120, "height": 240},
                )
                self.shoot(page, f"/lamps/{lamp.pk}/", "own-page")
                browser.close()

        def shoot(self, page, path, name, **options):
            page.goto(path)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=folder / f"{name}.png", **options)

    folder.mkdir(exist_ok=True)
    runner = DiscoverRunner(interactive=False)
    runner.setup_test_environment()
    databases = runner.setup_databases()
    result = runner.run_suite(runner.test_loader.loadTestsFromTestCase(Pictures))
    runner.teardown_databases(databases)
    assert result.wasSuccessful()


if __name__ == "__main__":
    take(FOLDER)
