from django.db import models

from org_files.models import AbstractFile, AbstractOrganization


class Company(AbstractOrganization):
    vat_number = models.CharField(max_length=20, blank=True)

    class Meta(AbstractOrganization.Meta):
        pass


class Document(AbstractFile):
    approved_at = models.DateTimeField(null=True, blank=True)
    folder = models.CharField(max_length=50, blank=True)

    class Meta(AbstractFile.Meta):
        pass
