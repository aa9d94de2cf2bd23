from django.conf import settings
from django.db import models

from org_files.attachments import Attachments


class Lamp(models.Model):
    company = models.ForeignKey(settings.ORG_FILES_ORGANIZATION_MODEL, models.CASCADE)
    name = models.CharField(max_length=50)

    attachments = Attachments("company")

    def __str__(self) -> str:
        return self.name
