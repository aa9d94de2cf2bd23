"""Pages with rows of the ledger of downloads."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from org_files.db.keys import parse_pk
from org_files.models import Membership, Role
from org_files.rest.fields import display_name
from org_files.rest.views.lists import DownloadListView, LedgerView
from org_files.web.views.base import Page

#: People that the form offers.
MAX_PEOPLE = 100


class LedgerPage(Page):
    """Base of pages with downloads."""

    def ledger(
        self, view_class: type[LedgerView], query: QueryDict, **kwargs: Any
    ) -> tuple[list[Any], Any]:
        """Return a page of rows of a list of the API, and its paginator.

        ``shown_user`` is the name of the user, and ``has_page`` whether the reader may open the
        page of the file.
        """
        rows, pages = self.page_of(self.list_view(view_class, query, **kwargs))
        files = {row.file_public_id for row in rows}
        found = self.policy.visible_files(self.user).filter(public_id__in=files)
        visible = set(found.values_list("public_id", flat=True))
        for row in with_names(rows):
            row.has_page = row.file_public_id in visible
        return rows, pages


class DownloadsPage(LedgerPage):
    """The requester's own downloads, or with ``?user=`` those of another user."""

    section = "downloads"
    template_name = "org_files_web/downloads.html"

    @property
    def title(self) -> Any:
        """Whose downloads they are."""
        if self.other is None:
            return _("My downloads")
        return _("Downloads of %(name)s") % {"name": display_name(self.other)}

    @cached_property
    def other(self) -> Any:
        """The user of ``?user=``, whose downloads the requester reads; ``None`` for their own."""
        asked = self.request.GET.get("user", "")
        pk = parse_pk(get_user_model(), asked) if asked else None
        if pk is None or pk == self.user.pk:
            return None
        return self.policy.visible_users(self.user).filter(pk=pk).first()

    @property
    def people(self) -> list[tuple[str, str]]:
        """Key and name of people whose downloads the requester may choose to see.

        They are members of the organizations that the requester administers, for operators all
        whom they see: the first ``MAX_PEOPLE``. The policy is asked about one of them.
        """
        users = self.policy.visible_users(self.user).exclude(pk=self.user.pk)
        if not self.is_operator:
            own = Membership.objects.filter(user=self.user.pk, role=Role.ADMIN)
            members = Membership.objects.filter(organization__in=own.values("organization"))
            users = users.filter(pk__in=members.values("user"))
        found = list(users.order_by("pk")[:MAX_PEOPLE])
        if not found or not self.policy.sees_downloads_of(self.user, found[0].pk):
            return []
        if self.other is not None and self.other not in found:
            found.append(self.other)
        names = [(str(user.pk), display_name(user)) for user in found]
        return sorted(names, key=lambda pair: pair[1].casefold())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows, pages = self.ledger(DownloadListView, self.request.GET)
        return super().get_context_data(
            downloads=rows,
            pages=pages,
            other=self.other,
            other_key=str(self.other.pk) if self.other else "",
            people=self.people,
            oldest_first=self.request.GET.get("ordering") == "downloaded_at",
            **kwargs,
        )


def with_names(rows: list[Any]) -> list[Any]:
    """Return rows of the ledger, whose users are joined, with the names of these."""
    for row in rows:
        row.shown_user = None if row.user is None else display_name(row.user)
    return rows
