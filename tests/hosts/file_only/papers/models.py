from django.db import models

from org_files.models import AbstractFile


class Paper(AbstractFile):
    id = models.AutoField(primary_key=True)

    class Meta(AbstractFile.Meta):
        pass
