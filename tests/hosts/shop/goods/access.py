"""Members of a company see its products, and may change them; so it is for their files."""

from org_files.access import OrganizationPolicy, ResourcePolicy
from org_files.models import Membership
from tests.hosts.shop.goods.models import Product

LABELS = ("goods.product.photos", "goods.product.drawings")


def own_products(user):
    """Return the products of the companies that ``user`` belongs to."""
    own = Membership.objects.filter(user=user.pk).values("organization")
    return Product.objects.filter(store__company__in=own)


class ShopPolicy(ResourcePolicy, OrganizationPolicy):
    resources = dict.fromkeys(LABELS, own_products)
    changeable = dict.fromkeys(LABELS, own_products)

    def is_operator(self, user):
        return user.is_superuser
