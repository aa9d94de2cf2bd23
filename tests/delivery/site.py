"""A site of one view, which delivers what stands on the shelf."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path

from org_files.delivery import Deliverable, StreamDelivery
from tests.delivery.items import MODIFIED

MIB = 1024 * 1024

#: What the view of this module's URLconf delivers: the last.
shelf: list[Deliverable] = []


def view(request: HttpRequest) -> HttpResponseBase:
    return StreamDelivery().deliver(request, shelf[-1], shelf[-1].plan(request))


urlpatterns = [path("", view)]


class WatchedStorage(FileSystemStorage):
    """Remembers what it opened."""

    def __init__(self, location: Path) -> None:
        super().__init__(location)
        self.opened: list[Any] = []

    def _open(self, name: str, mode: str = "rb") -> Any:
        file = super()._open(name, mode)
        self.opened.append(file)
        return file

    @property
    def all_closed(self) -> bool:
        return bool(self.opened) and all(file.closed for file in self.opened)


def sparse(storage: WatchedStorage, size: int) -> Deliverable:
    with (Path(storage.location) / "large").open("wb") as file:
        file.truncate(size)
    return Deliverable(storage, "large", "large.bin", size, "0", MODIFIED, "video/mp4")
