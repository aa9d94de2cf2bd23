from django.db import models

from org_files.models import AbstractFile, AbstractOrganization


class Company(AbstractOrganization):
    # As it was before: shorter than ours, and unique.
    name = models.CharField(max_length=100, unique=True)

    class Meta(AbstractOrganization.Meta):
        pass


class Document(AbstractFile):
    category = models.CharField(max_length=30, blank=True)

    class Meta(AbstractFile.Meta):
        pass
