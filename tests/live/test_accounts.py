"""What somebody does with an account, from the registration to the end of the last token."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from PIL import Image

from tests.accounts.pictures import photo
from tests.live.conftest import path_of
from tests.live.visitor import BOUNDARY, PASSWORD, Answer, Visitor
from tests.servers.site import LiveSite


def send(visitor: Visitor, method: str, path: str, **values: Any) -> Answer:
    """Send JSON, and the CSRF token where there is a session."""
    headers = {"Content_Type": "application/json"}
    if token := visitor.cookies.get("csrftoken"):
        headers["X_CSRFToken"] = token
    return visitor.ask(method, path, json.dumps(values).encode(), **headers)


def put_picture(visitor: Visitor, content: bytes) -> Answer:
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="avatar"; filename="me.jpg"\r\n\r\n'
    )
    return visitor.ask(
        "PUT",
        "/api/users/me/avatar/",
        head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode(),
        Content_Type=f"multipart/form-data; boundary={BOUNDARY}",
        X_CSRFToken=visitor.cookies["csrftoken"],
    )


def test_account__from_registration_to_logout(
    site: LiveSite, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(site)
    name = f"ada.{uuid4().hex}"
    password = f"{PASSWORD.title()} 5!"

    registered = send(
        visitor, "POST", "/api/auth/register/", email=f"{name}@Example.com", password=password
    )
    assert registered.status == 201, registered
    taken = send(
        visitor, "POST", "/api/auth/register/", email=f"{name}@EXAMPLE.com", password=password
    )
    assert (taken.status, list(taken.json())) == (400, ["email"])

    credentials = {"email": name.upper() + "@example.COM", "password": password}
    assert send(visitor, "POST", "/api/auth/login/", **credentials).status == 200
    edited = send(visitor, "PATCH", "/api/users/me/", first_name="Ada", phone="+4930123456")
    assert (edited.status, edited.json()["first_name"]) == (200, "Ada")

    put = put_picture(visitor, photo(4000, 3000))
    assert put.status == 200, put
    picture = visitor.get(path_of(put.json()["avatar_url"]))
    image = Image.open(io.BytesIO(picture.body))
    assert (picture.headers["Content-Type"], image.size) == ("image/jpeg", (150, 200))
    assert b"Exif" not in picture.body
    again = visitor.get(path_of(put.json()["avatar_url"]), If_None_Match=picture.headers["ETag"])
    assert (again.status, again.body) == (304, b"")

    made = send(visitor, "POST", "/api/organizations/", name="Engines")
    assert made.status == 201, made
    users = visitor.json(f"/api/users/?search={name}")["results"]
    assert [user["email"] for user in users] == [f"{name}@example.com"]
    assert "Engines" in [item["name"] for item in users[0]["organizations"]]
    organizations = visitor.json("/api/organizations/?expand=members")["results"]
    [engines] = [row for row in organizations if row["name"] == "Engines"]
    assert engines["members"] == [{"id": users[0]["id"], "name": "Ada", "role": "admin"}]

    pair = send(visit(site), "POST", "/api/token/", **credentials).json()
    assert send(visitor, "POST", "/api/auth/logout/").status == 204
    assert visitor.get("/api/users/me/").status == 401
    stranger = visit(site)
    ended = [
        stranger.post_json(f"/api/token/{call}/", refresh=pair["refresh"]).status
        for call in ("blacklist", "blacklist", "refresh")
    ]
    assert ended == [200, 401, 401]
