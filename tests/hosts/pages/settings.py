"""A site with looks of its own: pages at another prefix, and files on a page of the site."""

from tests.hosts.common import host

globals().update(
    host(
        "pages.shop",
        ORG_FILES={"WEB": {"BASE_TEMPLATE": "shop/base.html"}},
        ROOT_URLCONF="tests.hosts.pages.urls",
    )
)
