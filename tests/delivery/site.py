"""A site of one view, which delivers what stands on the shelf."""

from __future__ import annotations

from pathlib import Path

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path

from org_files.delivery import Deliverable, StreamDelivery
from org_files.testing.factories import make_deliverable
from org_files.testing.storages import WatchedStorage

MIB = 1024 * 1024

#: What the view of this module's URLconf delivers: the last.
shelf: list[Deliverable] = []


def view(request: HttpRequest) -> HttpResponseBase:
    return StreamDelivery().deliver(request, shelf[-1], shelf[-1].plan(request))


urlpatterns = [path("", view)]


def sparse(storage: WatchedStorage, size: int) -> Deliverable:
    with (Path(storage.location) / "large").open("wb") as file:
        file.truncate(size)
    return make_deliverable(storage=storage, key="large", size=size)
