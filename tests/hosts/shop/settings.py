"""A shop: products with files, an organization of the site's own, keys that are UUIDs."""

from tests.hosts.common import host

globals().update(
    host(
        "shop.goods",
        ORG_FILES_ORGANIZATION_MODEL="goods.Company",
        ORG_FILES={"POLICY": {"BACKEND": "tests.hosts.shop.goods.access.ShopPolicy"}},
        ROOT_URLCONF="tests.hosts.shop.urls",
    )
)
