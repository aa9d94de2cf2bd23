"""Models of a site whose objects have files: keys of each kind, each way to an organization."""

import uuid

from django.conf import settings
from django.db import models

from org_files.attachments import KEEP, PURGE, Attachments, StoredFileField

MAX_PHOTO_SIZE = 500_000


class Shop(models.Model):
    company = models.ForeignKey(settings.ORG_FILES_ORGANIZATION_MODEL, models.CASCADE)


class Product(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    shop = models.ForeignKey(Shop, models.CASCADE)
    name = models.CharField(max_length=50, default="Lamp")
    is_secret = models.BooleanField(default=False)
    manual = StoredFileField()
    photo = StoredFileField(models.PROTECT, null=True, blank=True)

    attachments = Attachments("shop.company")
    photos = Attachments(
        "shop.company",
        name="photos",
        allowed_types=["image/*"],
        max_file_size=MAX_PHOTO_SIZE,
        max_files=3,
    )


class Lamp(Product):
    """A child, which has the attachments of its parent."""

    watts = models.IntegerField(default=5)


class Sale(Product):
    class Meta:
        proxy = True


class WithFiles(models.Model):
    company = models.ForeignKey(settings.ORG_FILES_ORGANIZATION_MODEL, models.CASCADE)

    attachments = Attachments("company", on_delete=PURGE)

    class Meta:
        abstract = True


class Ticket(WithFiles):
    pass


class Lesson(models.Model):
    slug = models.SlugField(primary_key=True)
    company_key = models.IntegerField()

    attachments = Attachments(
        lambda lesson: lesson.company_key, allowed_types=["text/plain"], on_delete=KEEP
    )
