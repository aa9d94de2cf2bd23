import uuid

from django.db import models

from org_files.models import AbstractOrganization


class Tenant(AbstractOrganization):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta(AbstractOrganization.Meta):
        pass
