"""Storages for tests: in memory, watched, broken."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest import mock

from django.apps import apps
from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage
from django.db.models import FileField
from django.test import override_settings

from org_files import conf
from org_files.storage import original_storage
from org_files.storage.known import possible_storages


@contextmanager
def memory_storage() -> Iterator[Storage]:
    """Keep the bytes of files in memory instead of the configured storage; yield that storage.

    This replaces the storage of ``ORG_FILES["STORAGE"]`` and of the file columns of all models. If
    a function chooses storages, it replaces each one that it may choose.
    """
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    several = conf.has_storages_by_organization()
    aliases = [*possible_storages()] if several else [conf.storage_alias()]
    with ExitStack() as stack:
        replaced = settings.STORAGES | dict.fromkeys(aliases, memory)
        stack.enter_context(override_settings(STORAGES=replaced))
        storage = original_storage()
        fields = [field for model in apps.get_models() for field in model._meta.fields]
        for field in fields:
            # A column has kept its storage since the model was loaded.
            if isinstance(field, FileField) and field.deconstruct()[3].get("storage") is (
                original_storage
            ):
                stack.enter_context(mock.patch.object(field, "storage", storage))
        yield storage


class WatchedStorage(FileSystemStorage):
    """A storage in a folder that records the files it opens."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.opened: list[Any] = []

    def _open(self, name: str, mode: str = "rb") -> Any:
        file = File(Path(self.path(name)).open(mode))  # noqa: SIM115
        self.opened.append(file)
        return file

    @property
    def all_closed(self) -> bool:
        """Whether files were opened and all of them are closed."""
        return bool(self.opened) and all(file.closed for file in self.opened)

    def close(self) -> None:
        """Close the files that are still open."""
        for file in self.opened:
            file.close()


class BrokenStorage(Storage):
    """A storage that raises ``error`` whenever a file is opened."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def _open(self, name: str, mode: str = "rb") -> Any:
        raise self.error


class UnseekableStorage(Storage):
    """A storage with one file that cannot seek."""

    class File(BytesIO):
        """The file."""

        def seek(self, offset: int, whence: int = 0, /) -> int:
            """Fail."""
            raise OSError(5, "Input/output error")

    def __init__(self, content: bytes) -> None:
        self.file = self.File(content)

    def _open(self, name: str, mode: str = "rb") -> Any:
        return self.file

    def size(self, name: str) -> int:
        """Return the number of bytes of the file."""
        return len(self.file.getvalue())
