"""The base of the pages: login, CSRF, bodies, and errors as sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connections, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.generic.base import ContextMixin, TemplateResponseMixin, View
from rest_framework.authentication import CSRFCheck
from rest_framework.exceptions import APIException, NotAuthenticated, PermissionDenied

from org_files import conf as core
from org_files import events
from org_files.access import Action, Policy, get_policy
from org_files.http.draining import drain_when_closed
from org_files.http.encoding import has_undecodable_path, refuse_undecodable_query
from org_files.rest.errors import Denied, NotFound, answer_to, error_body, record_denial
from org_files.rest.multipart import receive_uploads, refuse_replaced_earlier
from org_files.rest.parsers import check_body, refuse_unexpected_files
from org_files.web import conf, notices
from org_files.web.account import Account, account_of, has_accounts
from org_files.web.routes import url_of
from org_files.web.views.calls import ApiCalls
from org_files.web.views.errors import LoginNeeded, StaleForm, sentences_of

RowT = TypeVar("RowT", bound=Model)

#: Errors that are not about one field, in ``Page.errors``.
NO_FIELD = "non_field_errors"


class Page(ApiCalls, TemplateResponseMixin, ContextMixin, View):
    """Base of the pages.

    A GET shows the page. A POST calls ``submit``, which returns the response; an error that it
    raises is shown on the page of the same URL, with what was typed.
    """

    #: The heading, and the title of the document.
    title: Any = ""
    #: The entry of the navigation that is marked as the current one.
    section = ""
    needs_login = True
    #: Fields of the form that take a file.
    file_fields: Sequence[str] = ()
    #: Messages by field, and what was typed, after a POST that failed.
    errors: Mapping[str, Sequence[str]] = {}
    typed: Mapping[str, Any] = {}
    status = HTTPStatus.OK

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view: Any = super().as_view(**initkwargs)
        # Under ATOMIC_REQUESTS a transaction would stay open around a transfer.
        for alias in connections:
            view = transaction.non_atomic_requests(using=alias)(view)
        # ``dispatch`` checks the token itself: the check reads the body, which needs the upload
        # handlers of the package.
        return csrf_exempt(view)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        drain_when_closed(request)
        with events.request_context(request):
            try:
                self._admit(request)
                response = super().dispatch(request, *args, **kwargs)
            except Exception as error:
                answer = self._answer_error(error)
                if answer is None:
                    raise
                response = answer
            # A form that is rendered later needs the cookie of its token.
            if isinstance(response, SimpleTemplateResponse):
                response.add_post_render_callback(partial(self._csrf.process_response, request))
            else:
                self._csrf.process_response(request, response)
        if "Cache-Control" not in response.headers:
            patch_cache_control(response, private=True, no_store=True)
        return response

    def _admit(self, request: HttpRequest) -> None:
        """Raise an error for a request that is malformed or forged, or that needs a login."""
        self._csrf: Any = CSRFCheck(lambda _request: HttpResponse())
        self._csrf.process_request(request)
        if has_undecodable_path(request):
            raise NotFound
        refuse_undecodable_query(request)
        if request.method == "POST":
            check_body(request)
            receive_uploads(request, self.max_upload_size, self.file_fields)
            if self._csrf.process_view(request, cast("Any", None), (), {}):
                raise StaleForm
            refuse_replaced_earlier(request)
            refuse_unexpected_files(request.FILES, self.file_fields)
        if self.needs_login and not request.user.is_authenticated:
            raise LoginNeeded

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Show the page."""
        response = self.render_to_response(self.get_context_data(**kwargs))
        response.status_code = self.status
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Act, and lead to the next page."""
        try:
            return self.submit(**kwargs)
        except Exception as error:
            answer = answer_to(error)
            # A requester without the right may not see the form of the page either.
            if answer is None or isinstance(answer, (NotAuthenticated, NotFound, PermissionDenied)):
                raise
            return self.show_errors(answer)

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        """Do what the form asks for, and return the response, most often ``self.to(...)``."""
        return self.http_method_not_allowed(self.request)

    def show_errors(self, answer: APIException) -> HttpResponseBase:
        """Show the page with the messages of ``answer`` and what was typed."""
        body = error_body(answer)
        self._record_denial(answer, body)
        detail = body.pop("detail", None)
        self.errors = {NO_FIELD: [detail]} if detail is not None else body
        self.typed = self.request.POST
        self.status = HTTPStatus(answer.status_code)
        return self._refusing(answer, self.get(self.request, **self.kwargs))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the context: ``page`` is this view."""
        return super().get_context_data(
            page=self,
            org_files_base=conf.base_template(),
            is_own_document=conf.base_template() == conf.DOCUMENT,
            notices=notices.take(self.request),
            **kwargs,
        )

    @property
    def max_upload_size(self) -> int | None:
        """The largest file that is accepted, in bytes, or ``None`` for no limit."""
        return core.max_file_size()

    @property
    def user(self) -> AbstractBaseUser:
        """The requester, where a login is needed."""
        return cast("AbstractBaseUser", self.request.user)

    @property
    def policy(self) -> Policy:
        """The site's policy."""
        return get_policy()

    @property
    def account(self) -> Account:
        """The requester's name and picture."""
        return account_of(self.user)

    @property
    def is_operator(self) -> bool:
        """Whether the requester sees and does everything."""
        return self.request.user.is_authenticated and self.policy.is_operator(self.user)

    @property
    def navigation(self) -> list[dict[str, Any]]:
        """The entries of the navigation that the requester may open."""
        entries = [
            ("library", _("Files")),
            ("trash", _("Trash")),
            ("links", _("My links")),
            ("downloads", _("My downloads")),
            ("organizations", _("Organizations")),
            ("people", _("People")),
        ]
        return [
            {"url": url, "title": title, "is_current": name == self.section}
            for name, title in entries
            if (name != "people" or (self.is_operator and self.has_accounts))
            and (url := url_of(name))
        ]

    @property
    def has_accounts(self) -> bool:
        """Whether the site has the accounts of the package."""
        return has_accounts()

    def get_or_404(self, rows: QuerySet[RowT], **keys: Any) -> RowT:
        """Return the row with ``keys``, parsed ids or ``None``. Raises ``NotFound``."""
        found = None if None in keys.values() else rows.filter(**keys).first()
        if found is None:
            raise NotFound
        return found

    def require(self, action: Action, obj: Model) -> None:
        """Raise ``PermissionDenied`` unless the requester may do ``action`` to ``obj``."""
        if not self.policy.allows(action, self.user, obj):
            raise Denied(obj)

    def next_url(self, name: str = "library") -> str:
        """Return the URL of this site that ``next`` of the form or the query names, else a page."""
        url = self.request.POST.get("next", self.request.GET.get("next", ""))
        is_ours = url_has_allowed_host_and_scheme(
            url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )
        return url if is_ours else reverse(f"org_files_web:{name}")

    @property
    def way_back(self) -> str:
        """The address that the page of an error leads to."""
        return reverse("org_files_web:library")

    def say(self, text: str, **options: Any) -> None:
        """Show ``text``, a sentence, on the next page."""
        notices.add(self.request, text, **options)

    def to(self, name: str, *args: Any, **kwargs: Any) -> HttpResponseRedirect:
        """Return the redirect to a page by its name."""
        return self.to_url(reverse(f"org_files_web:{name}", args=args, kwargs=kwargs))

    def to_url(self, url: str) -> HttpResponseRedirect:
        """Return the redirect after a POST (RFC 9110 §15.4.4)."""
        return HttpResponseRedirect(url, status=HTTPStatus.SEE_OTHER)

    def _answer_error(self, error: Exception) -> HttpResponseBase | None:
        if isinstance(error, LoginNeeded):
            return self._to_login()
        answer = answer_to(error)
        if answer is None:
            return None
        body = error_body(answer)
        self._record_denial(answer, body)
        error_page = ErrorPage(
            messages=sentences_of(answer),
            status=HTTPStatus(answer.status_code),
            leads_to=self.way_back,
        )
        error_page.setup(self.request)
        return self._refusing(answer, error_page.get(self.request))

    def _refusing(self, answer: APIException, response: HttpResponseBase) -> HttpResponseBase:
        """Return ``response``, a page with the messages of ``answer``."""
        if wait := getattr(answer, "wait", None):
            response.headers["Retry-After"] = str(int(wait))
        # The path may hold a secret, and denials are recorded as events.
        response._has_been_logged = True  # type: ignore[attr-defined]
        return response

    def _record_denial(self, answer: APIException, body: Mapping[str, Any]) -> None:
        record_denial(answer, body, view=self, request=self.request, kwargs=self.kwargs)

    def _to_login(self) -> HttpResponseRedirect:
        is_chosen = cast("Any", settings).is_overridden("LOGIN_URL")
        own = None if is_chosen or not self.has_accounts else url_of("login")
        url = own or resolve_url(settings.LOGIN_URL)
        # After a POST the form is gone, so the login leads back to the page.
        path = self.request.get_full_path() if self.request.method == "GET" else self.request.path
        separator = "&" if "?" in url else "?"
        return self.to_url(f"{url}{separator}{urlencode({REDIRECT_FIELD_NAME: path})}")


class ErrorPage(Page):
    """The page of an error."""

    template_name = "org_files_web/error.html"
    messages: Sequence[str] = ()
    #: The address of the button.
    leads_to = ""

    @property
    def title(self) -> str:
        """The heading of the kind of error."""
        if self.status == HTTPStatus.NOT_FOUND:
            return _("There is no such page")
        if self.status == HTTPStatus.FORBIDDEN:
            return _("This is not allowed")
        return _("This did not work")
