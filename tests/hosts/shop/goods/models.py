import uuid

from django.db import models

from org_files.attachments import Attachments, StoredFileField
from org_files.models import AbstractOrganization


class Company(AbstractOrganization):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta(AbstractOrganization.Meta):
        verbose_name_plural = "companies"


class Store(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE)

    def __str__(self) -> str:
        return f"Store of {self.company}"


class Product(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    store = models.ForeignKey(Store, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
    manual = StoredFileField()

    photos = Attachments("store.company", name="photos", allowed_types=["image/*"], max_files=5)
    drawings = Attachments("store.company", name="drawings")

    def __str__(self) -> str:
        return self.name
