"""The status of every call of the API, for every policy and every kind of requester."""

from __future__ import annotations

from dataclasses import dataclass

POLICIES = ("OpenPolicy", "OrganizationPolicy", "OwnerPolicy")

#: The requesters, by the letters above the columns. What they are to the organization "home":
REQUESTERS = {
    "n": "anonymous",  # not logged in
    "f": "foreigner",  # an admin of "away" only
    "p": "former",  # was a member, owns files and made links then, is removed
    "q": "former_admin",  # was an admin, owns a file and made a link to {file} then, is removed
    "d": "demoted",  # was a member, owns files and made links then, is a viewer now
    "v": "viewer",
    "m": "member",
    "a": "admin",  # a viewer of "away" too
    "o": "operator",  # belongs to no organization
    "h": "holder",  # not logged in, sends the token of a link to {file} as if it were a login
}
CALLERS = tuple(REQUESTERS.values())

#: Calls, requesters, policies: the test of the size notices a row or a column that gets lost.
SIZE = (231, 10, 3)

STATUS = {
    "r": 200,
    "c": 201,
    "d": 204,
    "s": 303,
    "b": 400,
    "-": 401,
    "x": 403,
    "n": 404,
    ".": 404,
    "g": 409,
    "t": 415,
}

# A dot, and every capital letter, is an answer that is byte for byte the one for an id that does
# not exist.
#
# Files of "home": {file} is the member's, {demoteds}, {formers} and {former_admins} belong to the
# demoted member, the former member and the former admin. {formers_public} is public, the former
# member's; {public} is public, without an owner. {trashed} and {expired} are public, the member's;
# {formers_trashed} and {demoteds_trashed} are public too. Pictures come in heights of 200 and 400
# pixels: {picture} is the member's, the owners of the others are as for files.
#
# Links: {link} is the member's, to {file}; {former_admins_link} is to {file} too. {demoteds_link},
# {formers_link} and {formers_public_link} are to the files of that name, made by their owners.
# {public_link} is the admin's. {token} and so on are their tokens: the requester has the URL.
# {upload} is an upload session of the member's, and no direct one.
# {ticket} is the member's, for {file}; {ticket_200} for {picture} 200 pixels high.
# {demoteds_ticket} and {formers_ticket} are for the files of that name, issued before their
# owners were made a viewer or removed.
TABLE = """
                                                            OpenPolicy  Organiz...  OwnerPolicy
                                                            nfpqdvmaoh  nfpqdvmaoh  nfpqdvmaoh
POST   auth/register/                                       cccccccccc  cccccccccc  cccccccccc
POST   auth/login/                                          bbbbbbbbbb  bbbbbbbbbb  bbbbbbbbbb
POST   auth/logout/                                         -dddddddd-  -dddddddd-  -dddddddd-
POST   token/                                               bbbbbbbbbb  bbbbbbbbbb  bbbbbbbbbb
POST   token/refresh/                                       bbbbbbbbbb  bbbbbbbbbb  bbbbbbbbbb
POST   token/blacklist/                                     bbbbbbbbbb  bbbbbbbbbb  bbbbbbbbbb

GET    users/me/                                            -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
PATCH  users/me/                                            -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
DELETE users/me/                                            -gdddddgd-  -gdddddgd-  -gdddddgd-
POST   users/me/password/                                   -bbbbbbbb-  -bbbbbbbb-  -bbbbbbbb-
PUT    users/me/avatar/                                     -bbbbbbbb-  -bbbbbbbb-  -bbbbbbbb-
DELETE users/me/avatar/                                     -dddddddd-  -dddddddd-  -dddddddd-
GET    users/                                               -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
GET    users/{member}/                                      -rrrrrrrr-  -...rrrrr-  -.....r.r-
PATCH  users/{member}/                                      -xxxxxxxr-  -...xxxxr-  -.....x.r-
DELETE users/{member}/                                      -xxxxxxxd-  -...xxxxd-  -.....x.d-
GET    users/{member}/avatar/                               -rrrrrrrr-  -...rrrrr-  -.....r.r-
GET    users/{member}/downloads/                            -rrrrrrrr-  -...xxrrr-  -.....r.r-
GET    downloads/                                           -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
GET    downloads/?user={member}                             -rrrrrrrr-  -XXXXXrrr-  -XXXXXrXr-

GET    organizations/                                       -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
GET    organizations/?expand=members                        -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
POST   organizations/                                       -cccccccc-  -cccccccc-  -cccccccc-
GET    organizations/{home}/                                -rrrrrrrr-  -...rrrrr-  -...rrrrr-
PATCH  organizations/{home}/                                -xxxxxxrr-  -...xxxrr-  -...xxxrr-
DELETE organizations/{home}/                                -xxxxxxgg-  -...xxxgg-  -...xxxgg-
GET    organizations/{home}/files/                          -rrrrrrrr-  -...rrrrr-  -...rrrrr-
GET    organizations/{home}/files/?trashed=true             -rrrrrrrr-  -...rrrrr-  -...rrrrr-
GET    organizations/{home}/downloads/                      -xxxxxxrr-  -...xxxrr-  -...xxxrr-
GET    organizations/{home}/usage/                          -rrrrrrrr-  -...rrrrr-  -...rrrrr-
GET    organizations/{home}/members/                        -rrrrrrrr-  -...rrrrr-  -...rrrrr-
POST   organizations/{home}/members/                        -xxxxxxcc-  -...xxxBc-  -...xxxBc-
PATCH  organizations/{home}/members/{member}/               -xxxxxxrr-  -...xxxrr-  -.....xrr-
DELETE organizations/{home}/members/{member}/               -xxxxxddd-  -...xxddd-  -.....ddd-

GET    files/                                               -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
GET    files/?trashed=true                                  -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
GET    files/?is_public=true                                -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
GET    files/?organization={home}                           -rrrrrrrr-  -RRRrrrrr-  -RRRrrrrr-
GET    files/?owner={member}                                -rrrrrrrr-  -RRRrrrrr-  -RRRRRrRr-
GET    files/?owner={former}                                -rrrrrrrr-  -RRRrrrrr-  -RRRRRRRr-
GET    files/?owner={demoted}                               -rrrrrrrr-  -RRRrrrrr-  -RRRrRRRr-
GET    files/?trashed=true&owner={former}                   -RRRRRRrr-  -RRRRRRrr-  -RRRRRRRr-
GET    files/?trashed=true&owner={demoted}                  -RRRRRRrr-  -RRRRRRrr-  -RRRRRRRr-
POST   files/                                               -xxxxxccc-  -BXXxxccc-  -BXXxxccc-
GET    files/{file}/                                        -rrrrrrrr-  -...rrrrr-  -.....r.r-
PATCH  files/{file}/                                        -xxxxxrrr-  -...xxrrr-  -.....r.r-
DELETE files/{file}/                                        -xxxxxddd-  -...xxddd-  -.....d.d-
DELETE files/{file}/?permanent=true                         -xxxxxddd-  -...xxddd-  -.....d.d-
POST   files/{file}/restore/                                -xxxxxrrr-  -...xxrrr-  -.....r.r-
GET    files/{file}/content/                                -rrrrrrrr-  -...rrrrr-  -.....r.r-
GET    files/{file}/downloads/                              -xxxxxrrr-  -...xxrrr-  -.....r.r-
GET    files/{demoteds}/                                    -rrrrrrrr-  -...rrrrr-  -...r...r-
PATCH  files/{demoteds}/                                    -xxxxxxrr-  -...xxxrr-  -...x...r-
DELETE files/{demoteds}/                                    -xxxxxxdd-  -...xxxdd-  -...x...d-
DELETE files/{demoteds}/?permanent=true                     -xxxxxxdd-  -...xxxdd-  -...x...d-
POST   files/{demoteds}/restore/                            -xxxxxxrr-  -...xxxrr-  -...x...r-
GET    files/{demoteds}/content/                            -rrrrrrrr-  -...rrrrr-  -...r...r-
GET    files/{demoteds}/downloads/                          -xxxxxxrr-  -...xxxrr-  -...x...r-
GET    files/{formers}/                                     -rrrrrrrr-  -...rrrrr-  -.......r-
PATCH  files/{formers}/                                     -xxxxxxrr-  -...xxxrr-  -.......r-
DELETE files/{formers}/                                     -xxxxxxdd-  -...xxxdd-  -.......d-
DELETE files/{formers}/?permanent=true                      -xxxxxxdd-  -...xxxdd-  -.......d-
POST   files/{formers}/restore/                             -xxxxxxrr-  -...xxxrr-  -.......r-
GET    files/{formers}/content/                             -rrrrrrrr-  -...rrrrr-  -.......r-
GET    files/{formers}/downloads/                           -xxxxxxrr-  -...xxxrr-  -.......r-
GET    files/{formers_public}/                              -rrrrrrrr-  -rrrrrrrr-  -.......r-
PATCH  files/{formers_public}/                              -xxxxxxrr-  -xxxxxxrr-  -.......r-
DELETE files/{formers_public}/                              -xxxxxxdd-  -xxxxxxdd-  -.......d-
DELETE files/{formers_public}/?permanent=true               -xxxxxxdd-  -xxxxxxdd-  -.......d-
POST   files/{formers_public}/restore/                      -xxxxxxrr-  -xxxxxxrr-  -.......r-
GET    files/{formers_public}/content/                      -rrrrrrrr-  -rrrrrrrr-  -.......r-
GET    files/{formers_public}/downloads/                    -xxxxxxrr-  -xxxxxxrr-  -.......r-
GET    files/{former_admins}/                               -rrrrrrrr-  -...rrrrr-  -.......r-
PATCH  files/{former_admins}/                               -xxxxxxrr-  -...xxxrr-  -.......r-
DELETE files/{former_admins}/                               -xxxxxxdd-  -...xxxdd-  -.......d-
DELETE files/{former_admins}/?permanent=true                -xxxxxxdd-  -...xxxdd-  -.......d-
GET    files/{former_admins}/downloads/                     -xxxxxxrr-  -...xxxrr-  -.......r-
GET    files/{public}/                                      -rrrrrrrr-  -rrrrrrrr-  -.......r-
PATCH  files/{public}/                                      -xxxxxxrr-  -xxxxxxrr-  -.......r-
DELETE files/{public}/                                      -xxxxxxdd-  -xxxxxxdd-  -.......d-
DELETE files/{public}/?permanent=true                       -xxxxxxdd-  -xxxxxxdd-  -.......d-
POST   files/{public}/restore/                              -xxxxxxrr-  -xxxxxxrr-  -.......r-
GET    files/{public}/content/                              -rrrrrrrr-  -rrrrrrrr-  -.......r-
GET    files/{public}/downloads/                            -xxxxxxrr-  -xxxxxxrr-  -.......r-
GET    files/{trashed}/                                     -........-  -........-  -........-
PATCH  files/{trashed}/                                     -........-  -........-  -........-
DELETE files/{trashed}/                                     -........-  -........-  -........-
DELETE files/{trashed}/?permanent=true                      -.....ddd-  -.....ddd-  -.....d.d-
POST   files/{trashed}/restore/                             -.....rrr-  -.....rrr-  -.....r.r-
GET    files/{trashed}/content/                             -........-  -........-  -........-
GET    files/{trashed}/downloads/                           -........-  -........-  -........-
DELETE files/{demoteds_trashed}/?permanent=true             -......dd-  -......dd-  -.......d-
POST   files/{demoteds_trashed}/restore/                    -......rr-  -......rr-  -.......r-
DELETE files/{formers_trashed}/?permanent=true              -......dd-  -......dd-  -.......d-
POST   files/{formers_trashed}/restore/                     -......rr-  -......rr-  -.......r-
GET    files/{expired}/                                     -........-  -........-  -........-
PATCH  files/{expired}/                                     -........-  -........-  -........-
DELETE files/{expired}/                                     -........-  -........-  -........-
DELETE files/{expired}/?permanent=true                      -........-  -........-  -........-
POST   files/{expired}/restore/                             -........-  -........-  -........-
GET    files/{expired}/content/                             -........-  -........-  -........-
GET    files/{expired}/downloads/                           -........-  -........-  -........-
GET    files/{file}/renditions/200/                         -........-  -........-  -........-
GET    files/{picture}/renditions/200/                      -rrrrrrrr-  -...rrrrr-  -.....r.r-
GET    files/{picture}/renditions/300/                      -xxxxxxxx-  -...xxxxx-  -.....x.x-
GET    files/{picture}/renditions/high/                     -........-  -........-  -........-
GET    files/{demoteds_picture}/renditions/200/             -rrrrrrrr-  -...rrrrr-  -...r...r-
GET    files/{demoteds_picture}/renditions/300/             -xxxxxxxx-  -...xxxxx-  -...x...x-
GET    files/{formers_picture}/renditions/400/              -rrrrrrrr-  -...rrrrr-  -.......r-
GET    files/{public_picture}/renditions/200/               -rrrrrrrr-  -rrrrrrrr-  -.......r-
GET    files/{public_picture}/renditions/300/               -xxxxxxxx-  -xxxxxxxx-  -.......x-
GET    files/{trashed_picture}/renditions/200/              -........-  -........-  -........-
GET    files/{trashed_picture}/renditions/300/              -........-  -........-  -........-
GET    files/{expired_picture}/renditions/200/              -........-  -........-  -........-
GET    files/{expired_picture}/renditions/300/              -........-  -........-  -........-
GET    resources/{resource}/7/files/                        -RRRrrrrr-  -RRRrrrrr-  -RRRRRrRR-
GET    resources/{resource}/7/files/?trashed=true           -RRRRRrrr-  -RRRRRrrr-  -RRRRRrRR-
DELETE resources/{resource}/7/files/                        -RRRRRrrR-  -RRRRRrrR-  -RRRRRrRR-
DELETE resources/{resource}/7/files/?organization={home}    -RRRRRrrr-  -RRRRRrrr-  -RRRRRrRR-
DELETE resources/{resource}/7/files/?owner={member}         -RRRRRrrr-  -RRRRRrrr-  -RRRRRrRr-

GET    files/{file}/links/                                  -xxxxxrrr-  -...xxrrr-  -.....r.r-
POST   files/{file}/links/                                  -xxxxxccc-  -...xxccc-  -.....c.c-
GET    files/{demoteds}/links/                              -xxxxxxrr-  -...xxxrr-  -...x...r-
POST   files/{demoteds}/links/                              -xxxxxxcc-  -...xxxcc-  -...x...c-
GET    files/{formers}/links/                               -xxxxxxrr-  -...xxxrr-  -.......r-
POST   files/{formers}/links/                               -xxxxxxcc-  -...xxxcc-  -.......c-
GET    files/{formers_public}/links/                        -xxxxxxrr-  -xxxxxxrr-  -.......r-
POST   files/{formers_public}/links/                        -xxxxxxcc-  -xxxxxxcc-  -.......c-
GET    files/{former_admins}/links/                         -xxxxxxrr-  -...xxxrr-  -.......r-
POST   files/{former_admins}/links/                         -xxxxxxcc-  -...xxxcc-  -.......c-
GET    files/{public}/links/                                -xxxxxxrr-  -xxxxxxrr-  -.......r-
POST   files/{public}/links/                                -xxxxxxcc-  -xxxxxxcc-  -.......c-
GET    files/{trashed}/links/                               -........-  -........-  -........-
POST   files/{trashed}/links/                               -........-  -........-  -........-
GET    files/{expired}/links/                               -........-  -........-  -........-
POST   files/{expired}/links/                               -........-  -........-  -........-
POST   files/{file}/ticket/                                 -rrrrrrrr-  -...rrrrr-  -.....r.r-
POST   files/{demoteds}/ticket/                             -rrrrrrrr-  -...rrrrr-  -...r...r-
POST   files/{formers}/ticket/                              -rrrrrrrr-  -...rrrrr-  -.......r-
POST   files/{formers_public}/ticket/                       -rrrrrrrr-  -rrrrrrrr-  -.......r-
POST   files/{public}/ticket/                               -rrrrrrrr-  -rrrrrrrr-  -.......r-
POST   files/{trashed}/ticket/                              -........-  -........-  -........-
POST   files/{expired}/ticket/                              -........-  -........-  -........-
POST   files/{picture}/links/                               -xxxxxccc-  -...xxccc-  -.....c.c-
POST   files/{formers_picture}/links/                       -xxxxxxcc-  -...xxxcc-  -.......c-
POST   files/{public_picture}/links/                        -xxxxxxcc-  -xxxxxxcc-  -.......c-
POST   files/{trashed_picture}/links/                       -........-  -........-  -........-
POST   files/{expired_picture}/links/                       -........-  -........-  -........-
POST   files/{picture}/ticket/                              -rrrrrrrr-  -...rrrrr-  -.....r.r-
POST   files/{demoteds_picture}/ticket/                     -rrrrrrrr-  -...rrrrr-  -...r...r-
POST   files/{formers_picture}/ticket/                      -rrrrrrrr-  -...rrrrr-  -.......r-
POST   files/{public_picture}/ticket/                       -rrrrrrrr-  -rrrrrrrr-  -.......r-
POST   files/{trashed_picture}/ticket/                      -........-  -........-  -........-
POST   files/{expired_picture}/ticket/                      -........-  -........-  -........-
GET    files/{picture}/renditions/200/?ticket={ticket_200}  rrrrrrrrrr  rrrrrrrrrr  rrrrrrrrrr
GET    files/{picture}/renditions/400/?ticket={ticket_200}  ----------  ----------  ----------
GET    files/{picture}/content/?ticket={ticket_200}         ----------  ----------  ----------
GET    files/{public_picture}/renditions/200/?ticket={ticket_200} ---------- ---------- ----------
GET    files/{file}/content/?ticket={ticket}                rrrrrrrrrr  rrrrrrrrrr  rrrrrrrrrr
GET    files/{demoteds}/content/?ticket={ticket}            ----------  ----------  ----------
GET    files/{demoteds}/content/?ticket={demoteds_ticket}   rrrrrrrrrr  rrrrrrrrrr  rrrrrrrrrr
GET    files/{formers}/content/?ticket={formers_ticket}     rrrrrrrrrr  nnnnnnnnnn  nnnnnnnnnn
GET    files/{file}/?ticket={ticket}                        -rrrrrrrr-  -...rrrrr-  -.....r.r-
GET    links/                                               -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
GET    links/?organization={home}                           -RRRRRrrr-  -RRRRRrrr-  -RRRRRrRr-
GET    links/{link}/                                        -.....rrr-  -.....rrr-  -.....r.r-
PATCH  links/{link}/                                        -.....rrr-  -.....rrr-  -.....r.r-
DELETE links/{link}/                                        -.....ddd-  -.....ddd-  -.....d.d-
GET    links/{demoteds_link}/                               -......rr-  -......rr-  -.......r-
PATCH  links/{demoteds_link}/                               -......rr-  -......rr-  -.......r-
DELETE links/{demoteds_link}/                               -......dd-  -......dd-  -.......d-
GET    links/{formers_link}/                                -......rr-  -......rr-  -.......r-
PATCH  links/{formers_link}/                                -......rr-  -......rr-  -.......r-
DELETE links/{formers_link}/                                -......dd-  -......dd-  -.......d-
GET    links/{formers_public_link}/                         -......rr-  -......rr-  -.......r-
PATCH  links/{formers_public_link}/                         -......rr-  -......rr-  -.......r-
DELETE links/{formers_public_link}/                         -......dd-  -......dd-  -.......d-
GET    links/{former_admins_link}/                          -.....rrr-  -.....rrr-  -.....r.r-
PATCH  links/{former_admins_link}/                          -.....rrr-  -.....rrr-  -.....r.r-
DELETE links/{former_admins_link}/                          -.....ddd-  -.....ddd-  -.....d.d-
GET    links/{public_link}/                                 -......rr-  -......rr-  -.......r-
PATCH  links/{public_link}/                                 -......rr-  -......rr-  -.......r-
DELETE links/{public_link}/                                 -......dd-  -......dd-  -.......d-
GET    links/{trashed_link}/                                -........-  -........-  -........-
PATCH  links/{trashed_link}/                                -........-  -........-  -........-
DELETE links/{trashed_link}/                                -........-  -........-  -........-
GET    links/{expired_link}/                                -........-  -........-  -........-
PATCH  links/{expired_link}/                                -........-  -........-  -........-
DELETE links/{expired_link}/                                -........-  -........-  -........-
GET    shared/{token}/                                      rrrrrrrrrr  rrrrrrrrrr  rrrrrrrrrr
POST   shared/{token}/                                      ssssssssss  ssssssssss  ssssssssss
GET    shared/{demoteds_token}/                             ..........  ..........  ..........
POST   shared/{demoteds_token}/                             ..........  ..........  ..........
GET    shared/{formers_token}/                              ..........  ..........  ..........
POST   shared/{formers_token}/                              ..........  ..........  ..........
GET    shared/{formers_public_token}/                       ..........  ..........  ..........
POST   shared/{formers_public_token}/                       ..........  ..........  ..........
GET    shared/{former_admins_token}/                        ..........  ..........  ..........
POST   shared/{former_admins_token}/                        ..........  ..........  ..........
GET    shared/{public_token}/                               rrrrrrrrrr  rrrrrrrrrr  ..........
POST   shared/{public_token}/                               ssssssssss  ssssssssss  ..........
GET    shared/{trashed_token}/                              ..........  ..........  ..........
POST   shared/{trashed_token}/                              ..........  ..........  ..........
GET    shared/{expired_token}/                              ..........  ..........  ..........
POST   shared/{expired_token}/                              ..........  ..........  ..........
GET    shared/{revoked_token}/                              ..........  ..........  ..........
POST   shared/{revoked_token}/                              ..........  ..........  ..........
GET    shared/{spent_token}/                                ..........  ..........  ..........
POST   shared/{spent_token}/                                ..........  ..........  ..........
GET    shared/{locked_token}/                               ----------  ----------  ----------
POST   shared/{locked_token}/                               xxxxxxxxxx  xxxxxxxxxx  xxxxxxxxxx
GET    shared/{picture_token}/                              rrrrrrrrrr  rrrrrrrrrr  rrrrrrrrrr
POST   shared/{picture_token}/                              ssssssssss  ssssssssss  ssssssssss
GET    shared/{demoteds_picture_token}/                     ..........  ..........  ..........
POST   shared/{demoteds_picture_token}/                     ..........  ..........  ..........
GET    shared/{formers_picture_token}/                      ..........  ..........  ..........
POST   shared/{formers_picture_token}/                      ..........  ..........  ..........
GET    shared/{public_picture_token}/                       rrrrrrrrrr  rrrrrrrrrr  ..........
POST   shared/{public_picture_token}/                       ssssssssss  ssssssssss  ..........
GET    shared/{trashed_picture_token}/                      ..........  ..........  ..........
POST   shared/{trashed_picture_token}/                      ..........  ..........  ..........
GET    shared/{expired_picture_token}/                      ..........  ..........  ..........
POST   shared/{expired_picture_token}/                      ..........  ..........  ..........

POST   uploads/                                             -bbbbbbbb-  -bbbbbbbb-  -bbbbbbbb-
POST   uploads/{upload}/parts/                              -.....g..-  -.....g..-  -.....g..-
POST   uploads/{upload}/complete/                           -.....g..-  -.....g..-  -.....g..-
GET    uploads/{upload}/                                    -.....r..-  -.....r..-  -.....r..-
PATCH  uploads/{upload}/                                    -.....t..-  -.....t..-  -.....t..-
DELETE uploads/{upload}/                                    -.....d..-  -.....d..-  -.....d..-

GET    tiers/                                               -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
GET    health/                                              rrrrrrrrrr  rrrrrrrrrr  rrrrrrrrrr
"""


@dataclass(frozen=True)
class Call:
    """A row: a call, with ids in braces, and the cells of each policy."""

    method: str
    path: str
    cells: dict[str, str]

    def __str__(self):
        return f"{self.method} {self.path}"

    def status(self, policy, caller):
        """Return the status that ``caller`` gets under ``policy``."""
        return STATUS[self.cell(policy, caller).lower()]

    def is_like_missing(self, policy, caller):
        """Return whether the answer is the one for an id that does not exist."""
        cell = self.cell(policy, caller)
        return cell == "." or cell.isupper()

    def cell(self, policy, caller):
        """Return the sign in the table."""
        return self.cells[policy][CALLERS.index(caller)]


def calls_of(table):
    """Return the rows of a table in this form."""
    rows = [line.split() for line in table.splitlines()[3:] if line]
    return tuple(
        Call(method, path, dict(zip(POLICIES, cells, strict=True))) for method, path, *cells in rows
    )


CALLS = calls_of(TABLE)
