from django.db import models

from org_files.accounts.base_user import AbstractEmailUser


class Employee(AbstractEmailUser):
    badge = models.CharField(max_length=10, blank=True)

    class Meta(AbstractEmailUser.Meta):
        pass
