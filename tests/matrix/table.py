"""Who gets which answer to what: every call of the API, every policy, every kind of requester."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["CALLERS", "CALLS", "POLICIES", "Call"]

POLICIES = ("OpenPolicy", "OrganizationPolicy", "OwnerPolicy")

#: The columns. What each is to the organization "home": nobody who is logged in; an admin of "away"
#: alone; a member no longer; a member in each role; nothing, but an operator of the site; nobody
#: but for the URL of a link to {file}, whose token is all that they have to log in by.
CALLERS = (
    *("anonymous", "foreigner", "former", "viewer", "member", "admin", "operator"),
    "holder",
)

STATUS = {"r": 200, "c": 201, "d": 204, "s": 303, "b": 400, "-": 401, "x": 403, ".": 404, "g": 409}

# A dot, and every capital letter, stands for an answer that is byte for byte the one that is given
# for what there is not.
#
# Files of home: {file} is the member's, {viewers} and {formers} are those of who is named, {public}
# has no owner any more, {trashed} and {expired} are the member's and public. Pictures, in heights
# of 200 and 400 pixels: {picture} is the member's, and the others are whose their names say.
#
# Links to them: {link} is the member's, {viewers_link} and {formers_link} are of who is named,
# {public_link} is the admin's; {token} and the like are theirs. Whoever asks for a token holds the
# URL. {ticket} is the member's, for {file}, and {picture_ticket} for {picture} 200 pixels high, as
# links to pictures are.
TABLE = """
                                                       Open      Organization  Owner
POST   auth/register/                                  cccccccc  cccccccc  cccccccc
POST   auth/login/                                     bbbbbbbb  bbbbbbbb  bbbbbbbb
POST   auth/logout/                                    -dddddd-  -dddddd-  -dddddd-
POST   token/                                          bbbbbbbb  bbbbbbbb  bbbbbbbb
POST   token/refresh/                                  bbbbbbbb  bbbbbbbb  bbbbbbbb
POST   token/blacklist/                                bbbbbbbb  bbbbbbbb  bbbbbbbb

GET    users/me/                                       -rrrrrr-  -rrrrrr-  -rrrrrr-
PATCH  users/me/                                       -rrrrrr-  -rrrrrr-  -rrrrrr-
DELETE users/me/                                       -gdddgd-  -gdddgd-  -gdddgd-
POST   users/me/password/                              -bbbbbb-  -bbbbbb-  -bbbbbb-
PUT    users/me/avatar/                                -bbbbbb-  -bbbbbb-  -bbbbbb-
DELETE users/me/avatar/                                -dddddd-  -dddddd-  -dddddd-
GET    users/                                          -rrrrrr-  -rrrrrr-  -rrrrrr-
GET    users/{member}/                                 -rrrrrr-  -..rrrr-  -...r.r-
PATCH  users/{member}/                                 -xxxxxr-  -..xxxr-  -...x.r-
DELETE users/{member}/                                 -xxxxxd-  -..xxxd-  -...x.d-
GET    users/{member}/avatar/                          -rrrrrr-  -..rrrr-  -...r.r-
GET    users/{member}/downloads/                       -rrrrrr-  -..xrrr-  -...r.r-
GET    downloads/                                      -rrrrrr-  -rrrrrr-  -rrrrrr-
GET    downloads/?user={member}                        -rrrrrr-  -XXXrrr-  -XXXrXr-

GET    organizations/                                  -rrrrrr-  -rrrrrr-  -rrrrrr-
GET    organizations/?expand=members                   -rrrrrr-  -rrrrrr-  -rrrrrr-
POST   organizations/                                  -cccccc-  -cccccc-  -cccccc-
GET    organizations/{home}/                           -rrrrrr-  -..rrrr-  -..rrrr-
PATCH  organizations/{home}/                           -xxxxrr-  -..xxrr-  -..xxrr-
DELETE organizations/{home}/                           -xxxxgg-  -..xxgg-  -..xxgg-
GET    organizations/{home}/files/                     -rrrrrr-  -..rrrr-  -..rrrr-
GET    organizations/{home}/files/?trashed=true        -rrrrrr-  -..rrrr-  -..rrrr-
GET    organizations/{home}/downloads/                 -xxxxrr-  -..xxrr-  -..xxrr-
GET    organizations/{home}/usage/                     -rrrrrr-  -..rrrr-  -..rrrr-
GET    organizations/{home}/members/                   -rrrrrr-  -..rrrr-  -..rrrr-
POST   organizations/{home}/members/                   -xxxxcc-  -..xxBc-  -..xxBc-
PATCH  organizations/{home}/members/{member}/          -xxxxrr-  -..xxrr-  -...xrr-
DELETE organizations/{home}/members/{member}/          -xxxddd-  -..xddd-  -...ddd-

GET    files/                                          -rrrrrr-  -rrrrrr-  -rrrrrr-
GET    files/?trashed=true                             -rrrrrr-  -rrrrrr-  -rrrrrr-
GET    files/?is_public=true                           -rrrrrr-  -rrrrrr-  -rrrrrr-
GET    files/?organization={home}                      -rrrrrr-  -RRrrrr-  -Rrrrrr-
GET    files/?owner={member}                           -rrrrrr-  -RRrrrr-  -RRRrRr-
POST   files/                                          -xxxccc-  -BXxccc-  -BXxccc-
GET    files/{file}/                                   -rrrrrr-  -..rrrr-  -...r.r-
PATCH  files/{file}/                                   -xxxrrr-  -..xrrr-  -...r.r-
DELETE files/{file}/                                   -xxxddd-  -..xddd-  -...d.d-
DELETE files/{file}/?permanent=true                    -xxxddd-  -..xddd-  -...d.d-
POST   files/{file}/restore/                           -xxxrrr-  -..xrrr-  -...r.r-
GET    files/{file}/content/                           -rrrrrr-  -..rrrr-  -...r.r-
GET    files/{file}/downloads/                         -xxxrrr-  -..xrrr-  -...r.r-
GET    files/{viewers}/                                -rrrrrr-  -..rrrr-  -..r..r-
PATCH  files/{viewers}/                                -xxrxrr-  -..rxrr-  -..r..r-
DELETE files/{viewers}/                                -xxdxdd-  -..dxdd-  -..d..d-
GET    files/{viewers}/content/                        -rrrrrr-  -..rrrr-  -..r..r-
GET    files/{formers}/                                -rrrrrr-  -..rrrr-  -.r...r-
PATCH  files/{formers}/                                -xrxxrr-  -..xxrr-  -.r...r-
DELETE files/{formers}/                                -xdxxdd-  -..xxdd-  -.d...d-
GET    files/{formers}/content/                        -rrrrrr-  -..rrrr-  -.r...r-
GET    files/{public}/                                 -rrrrrr-  -rrrrrr-  -.....r-
PATCH  files/{public}/                                 -xxxxrr-  -xxxxrr-  -.....r-
DELETE files/{public}/                                 -xxxxdd-  -xxxxdd-  -.....d-
DELETE files/{public}/?permanent=true                  -xxxxdd-  -xxxxdd-  -.....d-
POST   files/{public}/restore/                         -xxxxrr-  -xxxxrr-  -.....r-
GET    files/{public}/content/                         -rrrrrr-  -rrrrrr-  -.....r-
GET    files/{public}/downloads/                       -xxxxrr-  -xxxxrr-  -.....r-
GET    files/{trashed}/                                -......-  -......-  -......-
PATCH  files/{trashed}/                                -......-  -......-  -......-
DELETE files/{trashed}/                                -......-  -......-  -......-
DELETE files/{trashed}/?permanent=true                 -...ddd-  -...ddd-  -...d.d-
POST   files/{trashed}/restore/                        -...rrr-  -...rrr-  -...r.r-
GET    files/{trashed}/content/                        -......-  -......-  -......-
GET    files/{trashed}/downloads/                      -......-  -......-  -......-
GET    files/{expired}/                                -......-  -......-  -......-
PATCH  files/{expired}/                                -......-  -......-  -......-
DELETE files/{expired}/                                -......-  -......-  -......-
DELETE files/{expired}/?permanent=true                 -......-  -......-  -......-
POST   files/{expired}/restore/                        -......-  -......-  -......-
GET    files/{expired}/content/                        -......-  -......-  -......-
GET    files/{expired}/downloads/                      -......-  -......-  -......-
GET    files/{file}/renditions/200/                    -......-  -......-  -......-
GET    files/{picture}/renditions/200/                 -rrrrrr-  -..rrrr-  -...r.r-
GET    files/{picture}/renditions/300/                 -xxxxxx-  -..xxxx-  -...x.x-
GET    files/{picture}/renditions/high/                -......-  -......-  -......-
GET    files/{viewers_picture}/renditions/200/         -rrrrrr-  -..rrrr-  -..r..r-
GET    files/{viewers_picture}/renditions/300/         -xxxxxx-  -..xxxx-  -..x..x-
GET    files/{formers_picture}/renditions/400/         -rrrrrr-  -..rrrr-  -.r...r-
GET    files/{public_picture}/renditions/200/          -rrrrrr-  -rrrrrr-  -.....r-
GET    files/{public_picture}/renditions/300/          -xxxxxx-  -xxxxxx-  -.....x-
GET    files/{trashed_picture}/renditions/200/         -......-  -......-  -......-
GET    files/{trashed_picture}/renditions/300/         -......-  -......-  -......-
GET    files/{expired_picture}/renditions/200/         -......-  -......-  -......-
GET    files/{expired_picture}/renditions/300/         -......-  -......-  -......-
GET    resources/{resource}/7/files/                   -RRrrrr-  -RRrrrr-  -RRRrRR-
GET    resources/{resource}/7/files/?trashed=true      -RRRrrr-  -RRRrrr-  -RRRrRR-
DELETE resources/{resource}/7/files/                   -RRRrrR-  -RRRrrR-  -RRRrRR-
DELETE resources/{resource}/7/files/?organization={home}  -RRRrrr-  -RRRrrr-  -RRRrRR-
DELETE resources/{resource}/7/files/?owner={member}    -RRRrrr-  -RRRrrr-  -RRRrRr-

GET    files/{file}/links/                             -xxxrrr-  -..xrrr-  -...r.r-
POST   files/{file}/links/                             -xxxccc-  -..xccc-  -...c.c-
GET    files/{viewers}/links/                          -xxrxrr-  -..rxrr-  -..r..r-
POST   files/{viewers}/links/                          -xxcxcc-  -..cxcc-  -..c..c-
GET    files/{formers}/links/                          -xxxxrr-  -..xxrr-  -.x...r-
POST   files/{formers}/links/                          -xxxxcc-  -..xxcc-  -.x...c-
GET    files/{public}/links/                           -xxxxrr-  -xxxxrr-  -.....r-
POST   files/{public}/links/                           -xxxxcc-  -xxxxcc-  -.....c-
GET    files/{trashed}/links/                          -......-  -......-  -......-
POST   files/{trashed}/links/                          -......-  -......-  -......-
GET    files/{expired}/links/                          -......-  -......-  -......-
POST   files/{expired}/links/                          -......-  -......-  -......-
POST   files/{file}/ticket/                            -rrrrrr-  -..rrrr-  -...r.r-
POST   files/{viewers}/ticket/                         -rrrrrr-  -..rrrr-  -..r..r-
POST   files/{formers}/ticket/                         -rrrrrr-  -..rrrr-  -.r...r-
POST   files/{public}/ticket/                          -rrrrrr-  -rrrrrr-  -.....r-
POST   files/{trashed}/ticket/                         -......-  -......-  -......-
POST   files/{expired}/ticket/                         -......-  -......-  -......-
POST   files/{picture}/links/                          -xxxccc-  -..xccc-  -...c.c-
POST   files/{formers_picture}/links/                  -xxxxcc-  -..xxcc-  -.x...c-
POST   files/{public_picture}/links/                   -xxxxcc-  -xxxxcc-  -.....c-
POST   files/{trashed_picture}/links/                  -......-  -......-  -......-
POST   files/{expired_picture}/links/                  -......-  -......-  -......-
POST   files/{picture}/ticket/                         -rrrrrr-  -..rrrr-  -...r.r-
POST   files/{viewers_picture}/ticket/                 -rrrrrr-  -..rrrr-  -..r..r-
POST   files/{formers_picture}/ticket/                 -rrrrrr-  -..rrrr-  -.r...r-
POST   files/{public_picture}/ticket/                  -rrrrrr-  -rrrrrr-  -.....r-
POST   files/{trashed_picture}/ticket/                 -......-  -......-  -......-
POST   files/{expired_picture}/ticket/                 -......-  -......-  -......-
GET    files/{picture}/renditions/200/?ticket={picture_ticket}  rrrrrrrr  rrrrrrrr  rrrrrrrr
GET    files/{picture}/renditions/400/?ticket={picture_ticket}  --------  --------  --------
GET    files/{picture}/content/?ticket={picture_ticket}         --------  --------  --------
GET    files/{public_picture}/renditions/200/?ticket={picture_ticket}  --------  --------  --------
GET    files/{file}/content/?ticket={ticket}           rrrrrrrr  rrrrrrrr  rrrrrrrr
GET    files/{viewers}/content/?ticket={ticket}        --------  --------  --------
GET    files/{file}/?ticket={ticket}                   -rrrrrr-  -..rrrr-  -...r.r-
GET    links/                                          -rrrrrr-  -rrrrrr-  -rrrrrr-
GET    links/?organization={home}                      -Rrrrrr-  -RRrrrr-  -RrrrRr-
GET    links/{link}/                                   -...rrr-  -...rrr-  -...r.r-
PATCH  links/{link}/                                   -...rrr-  -...rrr-  -...r.r-
DELETE links/{link}/                                   -...ddd-  -...ddd-  -...d.d-
GET    links/{viewers_link}/                           -..r.rr-  -..r.rr-  -..r..r-
PATCH  links/{viewers_link}/                           -..r.rr-  -..r.rr-  -..r..r-
DELETE links/{viewers_link}/                           -..d.dd-  -..d.dd-  -..d..d-
GET    links/{formers_link}/                           -.r..rr-  -....rr-  -.r...r-
PATCH  links/{formers_link}/                           -.x..rr-  -....rr-  -.x...r-
DELETE links/{formers_link}/                           -.d..dd-  -....dd-  -.d...d-
GET    links/{public_link}/                            -....rr-  -....rr-  -.....r-
PATCH  links/{public_link}/                            -....rr-  -....rr-  -.....r-
DELETE links/{public_link}/                            -....dd-  -....dd-  -.....d-
GET    links/{trashed_link}/                           -......-  -......-  -......-
PATCH  links/{trashed_link}/                           -......-  -......-  -......-
DELETE links/{trashed_link}/                           -......-  -......-  -......-
GET    links/{expired_link}/                           -......-  -......-  -......-
PATCH  links/{expired_link}/                           -......-  -......-  -......-
DELETE links/{expired_link}/                           -......-  -......-  -......-
GET    shared/{token}/                                 rrrrrrrr  rrrrrrrr  rrrrrrrr
POST   shared/{token}/                                 ssssssss  ssssssss  ssssssss
GET    shared/{viewers_token}/                         rrrrrrrr  rrrrrrrr  rrrrrrrr
POST   shared/{viewers_token}/                         ssssssss  ssssssss  ssssssss
GET    shared/{formers_token}/                         ........  ........  ........
POST   shared/{formers_token}/                         ........  ........  ........
GET    shared/{public_token}/                          rrrrrrrr  rrrrrrrr  ........
POST   shared/{public_token}/                          ssssssss  ssssssss  ........
GET    shared/{trashed_token}/                         ........  ........  ........
POST   shared/{trashed_token}/                         ........  ........  ........
GET    shared/{expired_token}/                         ........  ........  ........
POST   shared/{expired_token}/                         ........  ........  ........
GET    shared/{revoked_token}/                         ........  ........  ........
POST   shared/{revoked_token}/                         ........  ........  ........
GET    shared/{spent_token}/                           ........  ........  ........
POST   shared/{spent_token}/                           ........  ........  ........
GET    shared/{locked_token}/                          --------  --------  --------
POST   shared/{locked_token}/                          xxxxxxxx  xxxxxxxx  xxxxxxxx
GET    shared/{picture_token}/                         rrrrrrrr  rrrrrrrr  rrrrrrrr
POST   shared/{picture_token}/                         ssssssss  ssssssss  ssssssss
GET    shared/{formers_picture_token}/                 ........  ........  ........
POST   shared/{formers_picture_token}/                 ........  ........  ........
GET    shared/{public_picture_token}/                  rrrrrrrr  rrrrrrrr  ........
POST   shared/{public_picture_token}/                  ssssssss  ssssssss  ........
GET    shared/{trashed_picture_token}/                 ........  ........  ........
POST   shared/{trashed_picture_token}/                 ........  ........  ........
GET    shared/{expired_picture_token}/                 ........  ........  ........
POST   shared/{expired_picture_token}/                 ........  ........  ........

GET    tiers/                                          -rrrrrr-  -rrrrrr-  -rrrrrr-
"""


@dataclass(frozen=True)
class Call:
    """A row: a call, with ids in braces, and the cells of each policy."""

    method: str
    path: str
    cells: dict[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def status(self, policy: str, caller: str) -> int:
        """Return what ``caller`` is answered under ``policy``."""
        return STATUS[self._cell(policy, caller).lower()]

    def is_like_missing(self, policy: str, caller: str) -> bool:
        """Return whether it is the very answer that is given for what there is not."""
        cell = self._cell(policy, caller)
        return cell == "." or cell.isupper()

    def _cell(self, policy: str, caller: str) -> str:
        return self.cells[policy][CALLERS.index(caller)]


def _rows() -> Iterator[Call]:
    for line in TABLE.splitlines()[2:]:
        if line:
            method, path, *cells = line.split()
            yield Call(method, path, dict(zip(POLICIES, cells, strict=True)))


CALLS = tuple(_rows())
