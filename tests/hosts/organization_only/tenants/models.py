import uuid

from django.db import models

from org_files.models import AbstractOrganization


class Tenant(AbstractOrganization):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Shorter than the base's, and unique.
    name = models.CharField(max_length=100, unique=True)
    # Required.
    country = models.CharField(max_length=2)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta(AbstractOrganization.Meta):
        pass


class Contract(models.Model):
    """The site's own record of a tenant, which protects the tenant from deletion."""

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="contracts")

    def __str__(self) -> str:
        return f"Contract {self.pk}"
