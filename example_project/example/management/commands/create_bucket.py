"""``manage.py create_bucket``: the bucket of the site, in a store of its own."""

from typing import Any

from django.core.files.storage import InvalidStorageError, storages
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Creates the bucket once."""

    help = "Creates the bucket that AWS_STORAGE_BUCKET_NAME names, unless it exists."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            storage: Any = storages["s3"]
        except InvalidStorageError:
            raise CommandError("AWS_STORAGE_BUCKET_NAME is not set.") from None
        client = storage.connection.meta.client
        found = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
        if storage.bucket_name in found:
            self.stdout.write(f"The bucket {storage.bucket_name} exists.")
            return
        client.create_bucket(Bucket=storage.bucket_name)
        self.stdout.write(f"Created the bucket {storage.bucket_name}.")
