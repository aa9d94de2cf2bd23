"""Pages of people, on sites that have the accounts of the package."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from org_files.accounts.views import users as api
from org_files.delivery import StreamDelivery
from org_files.rest.errors import Denied
from org_files.rest.fields import display_name
from org_files.web.views.base import Page


class PeoplePage(Page):
    """All people, with what each stores. For operators."""

    title = gettext_lazy("People")
    section = "people"
    template_name = "org_files_web/people.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if not self.is_operator:
            raise Denied
        rows, pages = self.listed(api.UserListView)
        for user in rows:
            user.shown_name = display_name(user)
        return super().get_context_data(people=rows, pages=pages, **kwargs)


class PersonPage(Page):
    """One person: organizations, storage, and the buttons of their account. For operators."""

    section = "people"
    template_name = "org_files_web/person.html"

    @property
    def title(self) -> str:
        """The name of the person."""
        return display_name(self.person)

    @cached_property
    def person(self) -> Any:
        """The user of the URL. Raises ``NotFound``, and ``PermissionDenied`` without the right."""
        view = self.api_view(api.UserView, **self.kwargs)
        person = view.get_user()
        if not self.is_operator:
            raise Denied(person)
        view.complete([person])
        return person

    @cached_property
    def may_change(self) -> bool:
        """Whether the requester disables or removes the account; one's own has other pages."""
        view = self.api_view(api.UserView, **self.kwargs)
        return bool(self.person.pk != self.user.pk and view.may_manage(self.person))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(person=self.person, **kwargs)

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        name = display_name(self.person)
        changed = self.call(api.UserView, "PATCH", **kwargs)
        texts = {
            True: _("%(name)s can log in again."),
            False: _("%(name)s cannot log in any more."),
        }
        self.say(texts[changed["is_active"]] % {"name": name})
        return self.to("person", **kwargs)


class PersonRemovalPage(PersonPage):
    """The question whether to delete the account of a person."""

    template_name = "org_files_web/person_removal.html"

    @property
    def title(self) -> str:
        """What is asked."""
        return _("Delete the account of %(name)s") % {"name": display_name(self.person)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if not self.may_change:
            raise Denied(self.person)
        return super().get_context_data(**kwargs)

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        name = display_name(self.person)
        self.call(api.UserView, "DELETE", **kwargs)
        self.say(_("The account of %(name)s is deleted.") % {"name": name})
        return self.to("people")


class StreamedAvatarView(api.UserAvatarView):
    """The picture, from this site whatever the delivery is: a page may show no others."""

    delivery = StreamDelivery()


class UserAvatarPage(Page):
    """The picture of a user."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        view = self.api_view(StreamedAvatarView, **kwargs)
        found: HttpResponseBase = view.get(view.request, **kwargs)
        return found
