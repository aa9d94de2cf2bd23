"""The status of every request of the pages, for every policy and every kind of requester.

The form is that of ``tests.matrix.table``. Here "-" is the redirect to the login.
"""

import re
from dataclasses import replace
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.core.cache import cache

from org_files import get_organization_model
from org_files.web.invitations import new_token
from tests.matrix import tenants
from tests.matrix.table import calls_of
from tests.rest.requests import MULTIPART, closed, part
from tests.rest.shares import FORM

#: Where "-" leads to.
LOGIN = "/library/log-in/?next="

# {invitation} is the admin's, for the foreigner.
TABLE = """
                                                            OpenPolicy  Organiz...  OwnerPolicy
                                                            nfpqdvmaoh  nfpqdvmaoh  nfpqdvmaoh
GET    ?                                                    -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
POST   ?                                                    -xxxxxsss-  -bxxxxsss-  -bxxxxsss-
GET    ?organization={home}                                 -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
GET    trash/                                               -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
GET    selection/                                           -ssssssss-  -ssssssss-  -ssssssss-
POST   selection/?trash={file}                              -xxxxxsss-  -...xxsss-  -.....s.s-
POST   selection/?trash={demoteds}                          -xxxxxxss-  -...xxxss-  -...x...s-
POST   selection/?trash={formers_public}                    -xxxxxxss-  -xxxxxxss-  -.......s-
POST   selection/?trash={trashed}                           -........-  -........-  -........-
POST   selection/?restore={trashed}                         -.....sss-  -.....sss-  -.....s.s-
POST   selection/?restore={formers_trashed}                 -......ss-  -......ss-  -.......s-
POST   selection/?restore={expired}                         -........-  -........-  -........-
POST   selection/?remove={trashed}                          -.....rrr-  -.....rrr-  -.....r.r-
POST   selection/?removed={trashed}                         -.....sss-  -.....sss-  -.....s.s-
POST   selection/?removed={file}                            -xxxxxsss-  -...xxsss-  -.....s.s-
POST   selection/?removed={expired}                         -........-  -........-  -........-
POST   selection/?archive={file}                            -rrrrrrrr-  -...rrrrr-  -.....r.r-
POST   selection/?archive={public}                          -rrrrrrrr-  -rrrrrrrr-  -.......r-
POST   selection/?archive={trashed}                         -........-  -........-  -........-
POST   selection/?all                                       -rrrrrrrr-  -rssrrrrr-  -rssrrrrr-
POST   selection/?empty                                     -sssssrrr-  -sssssrrr-  -sssssrrr-

GET    files/{file}/                                        -rrrrrrrr-  -...rrrrr-  -.....r.r-
POST   files/{file}/                                        -xxxxxsss-  -...xxsss-  -.....s.s-
GET    files/{file}/content/                                -rrrrrrrr-  -...rrrrr-  -.....r.r-
GET    files/{file}/preview/                                -rrrrrrrr-  -...rrrrr-  -.....r.r-
GET    files/{file}/trash/                                  -ssssssss-  -ssssssss-  -ssssssss-
GET    files/{file}/restore/                                -ssssssss-  -ssssssss-  -ssssssss-
POST   files/{file}/trash/                                  -xxxxxsss-  -...xxsss-  -.....s.s-
POST   files/{file}/restore/                                -xxxxxsss-  -...xxsss-  -.....s.s-
GET    files/{file}/remove/                                 -xxxxxrrr-  -...xxrrr-  -.....r.r-
POST   files/{file}/remove/                                 -xxxxxsss-  -...xxsss-  -.....s.s-
GET    files/{file}/downloads/                              -xxxxxrrr-  -...xxrrr-  -.....r.r-
GET    files/{file}/links/                                  -xxxxxrrr-  -...xxrrr-  -.....r.r-
POST   files/{file}/links/                                  -xxxxxsss-  -...xxsss-  -.....s.s-
GET    files/{demoteds}/                                    -rrrrrrrr-  -...rrrrr-  -...r...r-
POST   files/{demoteds}/                                    -xxxxxxss-  -...xxxss-  -...x...s-
GET    files/{demoteds}/downloads/                          -xxxxxxrr-  -...xxxrr-  -...x...r-
GET    files/{demoteds}/links/                              -xxxxxxrr-  -...xxxrr-  -...x...r-
POST   files/{demoteds}/links/                              -xxxxxxss-  -...xxxss-  -...x...s-
GET    files/{formers_public}/                              -rrrrrrrr-  -rrrrrrrr-  -.......r-
POST   files/{formers_public}/                              -xxxxxxss-  -xxxxxxss-  -.......s-
GET    files/{formers_public}/content/                      -rrrrrrrr-  -rrrrrrrr-  -.......r-
GET    files/{trashed}/                                     -........-  -........-  -........-
POST   files/{trashed}/                                     -........-  -........-  -........-
POST   files/{trashed}/restore/                             -.....sss-  -.....sss-  -.....s.s-
GET    files/{trashed}/remove/                              -.....rrr-  -.....rrr-  -.....r.r-
POST   files/{trashed}/remove/                              -.....sss-  -.....sss-  -.....s.s-
GET    files/{expired}/                                     -........-  -........-  -........-
POST   files/{expired}/                                     -........-  -........-  -........-
POST   files/{expired}/restore/                             -........-  -........-  -........-
GET    files/{file}/preview/200/                            -........-  -........-  -........-
GET    files/{picture}/preview/200/                         -rrrrrrrr-  -...rrrrr-  -.....r.r-
GET    files/{picture}/preview/300/                         -xxxxxxxx-  -...xxxxx-  -.....x.x-
GET    files/{public_picture}/preview/200/                  -rrrrrrrr-  -rrrrrrrr-  -.......r-

GET    links/                                               -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
GET    links/{link}/                                        -.....rrr-  -.....rrr-  -.....r.r-
POST   links/{link}/                                        -.....sss-  -.....sss-  -.....s.s-
GET    links/{link}/revoke/                                 -.....rrr-  -.....rrr-  -.....r.r-
POST   links/{link}/revoke/                                 -.....sss-  -.....sss-  -.....s.s-
GET    links/{link}/qr.svg                                  -.....rrr-  -.....rrr-  -.....r.r-
GET    links/{demoteds_link}/                               -......rr-  -......rr-  -.......r-
POST   links/{demoteds_link}/                               -......ss-  -......ss-  -.......s-
GET    links/{public_link}/                                 -......rr-  -......rr-  -.......r-
POST   links/{public_link}/                                 -......ss-  -......ss-  -.......s-
GET    links/{trashed_link}/                                -........-  -........-  -........-
POST   links/{trashed_link}/                                -........-  -........-  -........-

GET    downloads/                                           -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
GET    downloads/?user={member}                             -rrrrrrrr-  -XXXXXrrr-  -XXXXXrXr-

GET    log-in/                                              rssssssssr  rssssssssr  rssssssssr
POST   log-in/                                              bssssssssb  bssssssssb  bssssssssb
GET    log-out/                                             srrrrrrrrs  srrrrrrrrs  srrrrrrrrs
POST   log-out/                                             ssssssssss  ssssssssss  ssssssssss
GET    register/                                            rssssssssr  rssssssssr  rssssssssr
POST   register/                                            ssssssssss  ssssssssss  ssssssssss
GET    profile/                                             -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
POST   profile/                                             -ssssssss-  -ssssssss-  -ssssssss-
GET    profile/password/                                    -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
POST   profile/password/                                    -bbbbbbbb-  -bbbbbbbb-  -bbbbbbbb-
GET    profile/avatar/                                      -ssssssss-  -ssssssss-  -ssssssss-
POST   profile/avatar/                                      -bbbbbbbb-  -bbbbbbbb-  -bbbbbbbb-
GET    profile/delete/                                      -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
POST   profile/delete/                                      -gsssssgs-  -gsssssgs-  -gsssssgs-

GET    people/                                              -xxxxxxxr-  -xxxxxxxr-  -xxxxxxxr-
GET    people/{member}/                                     -xxxxxxxr-  -...xxxxr-  -.....x.r-
POST   people/{member}/                                     -xxxxxxxs-  -...xxxxs-  -.....x.s-
GET    people/{member}/delete/                              -xxxxxxxr-  -...xxxxr-  -.....x.r-
POST   people/{member}/delete/                              -xxxxxxxs-  -...xxxxs-  -.....x.s-
GET    people/{member}/avatar/                              -rrrrrrrr-  -...rrrrr-  -.....r.r-

GET    organizations/                                       -rrrrrrrr-  -rrrrrrrr-  -rrrrrrrr-
POST   organizations/                                       -ssssssss-  -ssssssss-  -ssssssss-
GET    organizations/{home}/                                -rrrrrrrr-  -...rrrrr-  -...rrrrr-
POST   organizations/{home}/                                -xxxxxxss-  -...xxxss-  -...xxxss-
GET    organizations/{home}/delete/                         -xxxxxxrr-  -...xxxrr-  -...xxxrr-
POST   organizations/{home}/delete/                         -xxxxxxgg-  -...xxxgg-  -...xxxgg-
GET    organizations/{home}/downloads/                      -xxxxxxrr-  -...xxxrr-  -...xxxrr-
GET    organizations/{home}/members/                        -rrrrrrrr-  -...rrrrr-  -...rrrrr-
POST   organizations/{home}/members/                        -xxxxxxss-  -...xxxrs-  -...xxxrs-
GET    organizations/{home}/members/{member}/               -xxxxxxrr-  -...xxxrr-  -...xxxrr-
POST   organizations/{home}/members/{member}/               -xxxxxxss-  -...xxxss-  -.....xss-
GET    organizations/{home}/members/{member}/remove/        -xxxxxrrr-  -...xxrrr-  -.....rrr-
POST   organizations/{home}/members/{member}/remove/        -xxxxxsss-  -...xxsss-  -.....sss-
POST   uploads/                                             -cxxxxcbx-  -cxxxxcbx-  -cxxxxcbx-
HEAD   uploads/{upload}/                                    -.....r..-  -.....r..-  -.....r..-
PATCH  uploads/{upload}/                                    -.....t..-  -.....t..-  -.....t..-
DELETE uploads/{upload}/                                    -.....d..-  -.....d..-  -.....d..-
GET    invitations/{invitation}/                            -rxxxxxxx-  -rxxxxxxx-  -rxxxxxxx-
POST   invitations/{invitation}/                            -sxxxxxxx-  -sxxxxxxx-  -sxxxxxxx-
"""

CALLS = calls_of(TABLE)

#: Forms, by method and path; names in braces stand for ids.
FORMS = {
    "POST selection/?all": {"action": "archive", "all": "1"},
    "POST selection/?empty": {"action": "empty"},
    **{f"POST files/{{{name}}}/": {"comment": "New"} for name in tenants.FILES},
    **{f"POST files/{{{name}}}/links/": {"expires_in": "60"} for name in tenants.FILES},
    **{f"POST links/{{{name}}}/": {"label": "New"} for name in tenants.LINKS},
    "POST register/": {"email": "new@example.com", "password": "correct horse battery staple"},
    "POST profile/": {"first_name": "New"},
    "POST people/{member}/": {"is_active": "false"},
    "POST organizations/": {"name": "New"},
    "POST organizations/{home}/": {"description": "New"},
    "POST organizations/{home}/members/": {"login": "{newcomers_login}", "role": "viewer"},
    "POST organizations/{home}/members/{member}/": {"role": "admin"},
}
FORMS |= {
    f"POST selection/?{name}={{{file}}}": {**form, "id": f"{{{file}}}"}
    for name, form in {
        **{action: {"action": action} for action in ("trash", "restore", "remove", "archive")},
        "removed": {"action": "remove", "confirmed": "1"},
    }.items()
    for file in tenants.FILES
}

#: For each name in a path an id that does not exist.
MISSING = {**tenants.MISSING, "invitation": "nothing"}


class Visitors(tenants.Tenants):
    """The world, whose users send forms from browsers."""

    prefix = "/library/"

    def __init__(self):
        super().__init__()
        newcomer = get_user_model().objects.get(pk=self.ids["newcomer"])
        self.ids["newcomers_login"] = newcomer.get_username()
        self.ids["invitation"] = new_token(
            organization=get_organization_model().objects.get(pk=self.ids["home"]),
            role="viewer",
            inviter=self.users["admin"],
            login=self.users["foreigner"].get_username(),
        )

    @property
    def secrets(self):
        """Texts of pages about "home" that must not reach other organizations."""
        names = [self.users[name].get_username() for name in ("viewer", "member")]
        return [b">home", *(name.encode() for name in names)]

    def ask(self, query):
        cache.clear()  # Of invitations that a request before, which is undone, has accepted.
        reply = super().ask(query)
        # The tokens of forms are others each time.
        content = re.sub(rb'(name="csrfmiddlewaretoken" value=")\w+', rb"\1", reply.content)
        return replace(reply, content=content)

    def ask_without(self, call, caller, name):
        """Return the answer to a request whose id of that name does not exist."""
        with tenants.undone():
            return self.ask(self.query(call, caller, **{name: MISSING[name]}))

    def names_in(self, call):
        """Return the names of the ids in the path."""
        return [name for name in re.findall(r"\{(\w+)\}", call.path) if name in MISSING]

    def _credentials(self, caller):
        # Pages ignore them, but for those of tus.
        tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "4", "Upload-Offset": "0"}
        return {**(super()._credentials(caller) or {}), **tus}

    def _body(self, call, values):
        if str(call) == "POST ?":
            organization = part("organization", str(values["home"]))
            return closed(part("file", tenants.CONTENT, "a.txt"), organization), MULTIPART
        form = FORMS.get(str(call), {})
        filled = {key: value.format(**values) for key, value in form.items()}
        return urlencode(filled).encode(), FORM
