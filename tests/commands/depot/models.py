from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
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
    pictures = Attachments("company", name="pictures", allowed_types=["image/*"])

    def __str__(self):
        return self.title


class Photo(models.Model):
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    image = models.FileField(upload_to="photos/", null=True, unique=True)

    def __str__(self):
        return str(self.image)


class Note(models.Model):
    """A file of any object, as in django-attachments."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.CharField(max_length=64)
    content_object = GenericForeignKey()
    text = models.FileField(upload_to="notes/")

    def __str__(self):
        return str(self.text)
