"""A policy of a site: who sees a product sees its files."""

from org_files.access import OrganizationPolicy, OwnerPolicy, ResourcePolicy
from org_files.models import Membership, Role
from tests.attachments.catalog.models import Product, Ticket


def visible_products(user):
    """Every customer sees what is for sale, and editors what is secret."""
    everything = Product.objects.all()
    return everything if user.first_name == "Editor" else everything.filter(is_secret=False)


def own_tickets(user):
    own = Membership.objects.filter(user=user.pk, role=Role.ADMIN)
    return Ticket.objects.filter(company__in=own.values("organization"))


class ShopPolicy(ResourcePolicy, OrganizationPolicy):
    resources = {"catalog.product": visible_products, "ticket": own_tickets}
    changeable = {"catalog.product": lambda user: visible_products(user).filter(name="Lamp")}


class PersonalShopPolicy(ShopPolicy, OwnerPolicy):
    pass
