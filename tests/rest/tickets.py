"""Tickets: how a client asks for one."""

from __future__ import annotations

from typing import Any

from django.test import Client

from org_files.models import AbstractFile


def order(client: Client, file: AbstractFile, **values: Any) -> Any:
    path = f"/api/files/{file.public_id}/ticket/"
    return client.post(path, values, content_type="application/json")


def query_of(ticket: str) -> str:
    return "?" + ticket.partition("?")[2]
