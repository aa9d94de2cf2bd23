from django.conf import settings
from django.db import models

from org_files.attachments import Attachments, StoredFileField


class Product(models.Model):
    company = models.ForeignKey(
        settings.ORG_FILES_ORGANIZATION_MODEL, null=True, on_delete=models.CASCADE
    )
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    title = models.CharField(max_length=100, blank=True)
    manual = models.FileField(upload_to="manuals/", blank=True)
    manual_file = StoredFileField()

    attachments = Attachments("company")

    def __str__(self):
        return self.title


class Photo(models.Model):
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    image = models.FileField(upload_to="photos/", null=True, unique=True)

    def __str__(self):
        return str(self.image)
