"""Several files at once: to the trash and back, removal for good, a ZIP."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from rest_framework.exceptions import APIException, ValidationError

from org_files.access import Action
from org_files.files import purge_files, restore_files, trash_files
from org_files.http.encoding import refuse_undecodable_pairs
from org_files.ids import parse_public_id
from org_files.models import AbstractFile
from org_files.rest.errors import Denied, NotFound
from org_files.rest.views.contents import FileContentView
from org_files.rest.views.files import FileListView
from org_files.serving import serve_archive
from org_files.web.filters import api_query
from org_files.web.views.base import Page
from org_files.web.views.listing import MAX_SELECTED

#: The most files that can be restored by the button of a notice, whose ids the session keeps.
MAX_UNDONE = 100

GONE = gettext_lazy("Some of these files are not there any more. Nothing was changed.")
TOO_MANY = gettext_lazy("At most %(number)d files at once.")


class SelectionPage(Page):
    """Acts on the selected files, all of them or none.

    The form sends ``action`` and an ``id`` for each file, or the ids in one field with blanks
    between them. The button of one row sends the id under the name of the action. ``all`` stands
    for the files that the list with the parameters ``query`` has.
    """

    title = gettext_lazy("Remove for good?")
    section = "trash"
    template_name = "org_files_web/remove.html"
    #: Methods by action.
    actions: Mapping[str, str] = {
        "trash": "trash",
        "restore": "restore",
        "remove": "remove",
        "empty": "empty_trash",
        "archive": "archive",
    }
    #: The files whose removal is to be confirmed, and whether there are more.
    files: Sequence[AbstractFile] = ()
    has_more = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead to the library: a login leads here without the form."""
        return self.to("library")

    def show_errors(self, answer: APIException) -> HttpResponseBase:
        """Show the error on a page of its own, which leads back to the list."""
        raise answer

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        """Do what the form asks for to all of the files."""
        post = self.request.POST
        name, ids = next(
            ((name, post.getlist(name)) for name in self.actions if name in post),
            (post.get("action", ""), post.getlist("id")),
        )
        if name not in self.actions:
            raise ValidationError({"action": [_("There is no such action.")]})
        act: Callable[[Sequence[UUID]], HttpResponseBase] = getattr(self, self.actions[name])
        if name == "empty":
            return act(self.found_ids({"trashed": "true"}))
        selected = self.found_ids({}) if post.get("all") else _parsed(ids)
        if not selected:
            self.say(_("Select at least one file."))
            return self.to_url(self.next_url())
        if len(selected) > MAX_SELECTED:
            raise ValidationError({"id": [TOO_MANY % {"number": MAX_SELECTED}]})
        return act(selected)

    def found_ids(self, fixed: Mapping[str, str]) -> list[UUID]:
        """Return the ids of the files in the list, one more than can be selected if there are more.

        Raises ``ValidationError`` for malformed parameters.
        """
        text = self.request.POST.get("query", "")
        refuse_undecodable_pairs(text.encode())
        query = api_query(QueryDict(text))
        query.update(fixed)
        view = self.list_view(FileListView, query)
        files: QuerySet[AbstractFile] = view.filter_queryset(view.get_queryset())
        return list(files.values_list("public_id", flat=True)[: MAX_SELECTED + 1])

    def trash(self, ids: Sequence[UUID]) -> HttpResponseBase:
        """Move files to the trash."""
        files = self._visible(ids)
        self._require_all(files)
        count = trash_files(files=_rows_of(files))
        text = ngettext(
            "%(number)d file was moved to the trash.",
            "%(number)d files were moved to the trash.",
            count,
        )
        self.say(text % {"number": count}, undo=ids if len(ids) <= MAX_UNDONE else ())
        return self.to_url(self.next_url())

    def restore(self, ids: Sequence[UUID]) -> HttpResponseBase:
        """Take files out of the trash."""
        count = restore_files(files=_rows_of(self._removable(ids)))
        text = ngettext("%(number)d file was restored.", "%(number)d files were restored.", count)
        self.say(text % {"number": count})
        return self.to_url(self.next_url())

    def empty_trash(self, ids: Sequence[UUID]) -> HttpResponseBase:
        """Ask whether the files of the trash are to be removed, as many as can be at once."""
        self.has_more = len(ids) > MAX_SELECTED
        if not ids:
            self.say(_("The trash is empty."))
            return self.to_url(self.next_url("trash"))
        return self._confirm(self._removable(ids[:MAX_SELECTED]))

    def remove(self, ids: Sequence[UUID]) -> HttpResponseBase:
        """Remove files for good, once that is confirmed."""
        files = self._removable(ids)
        if not self.request.POST.get("confirmed"):
            return self._confirm(files)
        # A file that is restored meanwhile stays.
        trashed = [file.pk for file in files if file.deleted_at is not None]
        rows = _rows_of(files).filter(~Q(pk__in=trashed) | Q(deleted_at__isnull=False))
        purged = purge_files(files=rows)
        text = ngettext(
            "%(number)d file was removed for good.",
            "%(number)d files were removed for good.",
            purged.files,
        )
        self.say(text % {"number": purged.files})
        if purged.kept:
            text = ngettext(
                "%(number)d file stays, because something of the site refers to it.",
                "%(number)d files stay, because something of the site refers to them.",
                purged.kept,
            )
            self.say(text % {"number": purged.kept})
        return self.to_url(self.next_url())

    def archive(self, ids: Sequence[UUID]) -> HttpResponseBase:
        """Send files as a ZIP, which counts a download of each."""
        self.check_throttles(FileContentView)
        try:
            return serve_archive(self.request, ids, user=self.user)
        except ObjectDoesNotExist as error:
            raise NotFound(GONE) from error

    @property
    def way_back(self) -> str:
        return self.next_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            files=self.files,
            size=sum(file.size for file in self.files),
            ids=" ".join(str(file.public_id) for file in self.files),
            has_more=self.has_more,
            next=self.next_url(),
            **kwargs,
        )

    def _confirm(self, files: Sequence[AbstractFile]) -> HttpResponseBase:
        self.files = files
        return self.render_to_response(self.get_context_data())

    def _visible(self, ids: Collection[UUID]) -> Sequence[AbstractFile]:
        """Return the files with these ids. Raises ``NotFound`` if one is not visible."""
        files = list(self.policy.visible_files(self.user).filter(public_id__in=ids))
        if len(files) != len(ids):
            raise NotFound(GONE)
        return files

    def _removable(self, ids: Collection[UUID]) -> Sequence[AbstractFile]:
        """Return the files with these ids, in the trash or not, if the user may delete them all.

        Raises ``NotFound`` if one is not visible, and ``Denied`` for another.
        """
        removable = self.policy.removable_files(self.user).filter(public_id__in=ids)
        files = list(removable.select_related("organization"))
        if rest := {*ids}.difference(file.public_id for file in files):
            raise Denied(self._visible(rest)[0])
        self._require_all(files)
        return files

    def _require_all(self, files: Sequence[AbstractFile]) -> None:
        allowed = self.policy.allowed(Action.DELETE, self.user, files)
        if denied := next((file for file in files if file.pk not in allowed), None):
            raise Denied(denied)


def _rows_of(files: Sequence[AbstractFile]) -> QuerySet[AbstractFile]:
    return type(files[0])._base_manager.filter(pk__in=[file.pk for file in files])


def _parsed(texts: Sequence[str]) -> list[UUID]:
    """Return the ids in ``texts``, each once. Raises ``NotFound`` for a malformed one."""
    ids = dict.fromkeys(parse_public_id(text) for text in " ".join(texts).split())
    found = [each for each in ids if each is not None]
    if len(found) != len(ids):
        raise NotFound(GONE)
    return found
