from django.conf import settings
from django.db import models


class Collection(models.Model):
    name = models.CharField(max_length=255)

    def __str__(self):
        return self.name


class Document(models.Model):
    title = models.CharField(max_length=255)
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="documents")
    file = models.FileField(upload_to="documents")
    state = models.CharField(max_length=10, choices=[("draft", "Draft"), ("live", "Live")])
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)

    def __str__(self):
        return self.title
