"""What models, forms and pages are called."""

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import translation
from rest_framework.exceptions import APIException

from org_files import exceptions, get_file_model, get_organization_model
from org_files.accounts.serializers import CredentialsSerializer
from org_files.files import clean_name
from org_files.links import token_of
from org_files.models import Download, Membership, Role
from org_files.rest.filters import DownloadFilterSet, FileFilterSet, LinkFilterSet
from org_files.rest.link_serializers import NewLinkSerializer, TicketRequestSerializer
from org_files.rest.serializers import FileUploadSerializer
from org_files.testing.factories import (
    join,
    make_link,
    make_organization,
    make_stored_file,
    make_user,
)
from tests.translations.test_answers import RUSSIAN, is_russian

MODELS = [
    model
    for app in ("org_files", "org_files_accounts")
    for model in apps.get_app_config(app).get_models()
]


def subclasses(cls):
    for sub in cls.__subclasses__():
        yield sub
        yield from subclasses(sub)


@pytest.fixture
def in_russian():
    with translation.override("ru"):
        yield


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_models_and_their_fields__have_russian_names(model, in_russian):
    assert is_russian(str(model._meta.verbose_name))
    assert is_russian(str(model._meta.verbose_name_plural))
    for field in model._meta.get_fields():
        name = str(getattr(field, "verbose_name", ""))
        # Those of no words, and the keys that Django makes.
        if name.upper() != name and not getattr(field, "auto_created", False):
            assert is_russian(name), field
        help_text = str(getattr(field, "help_text", ""))
        assert not help_text or is_russian(help_text), field


def test_apps__have_russian_names(in_russian):
    for app in ("org_files", "org_files_accounts"):
        assert is_russian(str(apps.get_app_config(app).verbose_name))


def test_roles__have_russian_names_and_keep_their_values(in_russian):
    assert Role.choices == [
        ("admin", "администратор"),
        ("member", "участник"),
        ("viewer", "читатель"),
    ]


OURS = [
    error
    for error in [exceptions.OrgFilesError, *subclasses(exceptions.OrgFilesError)]
    if error is not exceptions.InvalidField  # whose text is given to it
]
OF_THE_API = [
    error for error in subclasses(APIException) if error.__module__.startswith("org_files.")
]


@pytest.mark.parametrize("error", OURS, ids=lambda error: error.__name__)
def test_error__is_said_in_the_language_that_it_is_raised_in(error):
    values = {"wait": 60} if error is exceptions.TooManyAttempts else {}
    english = error(**values)
    with translation.override("ru"):
        russian = error(**values)
    assert english.code == russian.code
    assert not is_russian(str(english))
    assert is_russian(str(russian))
    assert str(russian) == russian.message


@pytest.mark.parametrize("error", OF_THE_API, ids=lambda error: error.__name__)
def test_error_of_the_api__is_said_in_the_language_that_it_is_raised_in(error):
    english = error()
    with translation.override("ru"):
        russian = error()
    assert english.get_codes() == russian.get_codes()
    assert not is_russian(english.detail)
    assert is_russian(russian.detail)


def test_length_of_a_name__is_said_in_the_right_number(in_russian):
    with pytest.raises(exceptions.InvalidField) as refused:
        clean_name("x" * 256)
    assert refused.value.message == "Имя длиннее 255 символов."


@pytest.mark.parametrize("filters", [FileFilterSet, DownloadFilterSet, LinkFilterSet])
def test_filters__have_russian_labels(filters, in_russian):
    assert filters.base_filters
    for item in filters.base_filters.values():
        assert is_russian(str(item.label))


@pytest.mark.parametrize(
    "serializer", [FileUploadSerializer, NewLinkSerializer, TicketRequestSerializer]
)
def test_forms__have_russian_labels(serializer, in_russian):
    for field in serializer().fields.values():
        assert is_russian(str(field.label)), field
        assert not field.help_text or is_russian(str(field.help_text)), field
    assert is_russian(str(CredentialsSerializer().fields["password"].label))


def test_rows__are_called_in_russian(db, in_russian):
    user, organization = make_user("ada"), make_organization("Acme")
    assert str(join(organization, user, Role.VIEWER)) == f"{user} — Acme (читатель)"


@pytest.fixture
def operator(db, reader_decides):
    client = Client(headers=RUSSIAN)
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    return client


def admin_url(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_admin_page_of_a_file__is_in_russian(operator):
    file = make_stored_file(name="отчёт.txt")
    page = operator.get(admin_url(get_file_model(), "change", file.pk)).content.decode()
    assert '<html lang="ru"' in page
    for text in ("Размер в байтах", "Тип содержимого", "Действует до", ">Скачать</a>", "Владелец"):
        assert text in page, text
    for text in ("Size in bytes", "Content type", "Expires at", ">Download<", "Owner"):
        assert text not in page, text


def test_admin_page_of_an_organization__lists_its_members_in_russian(operator):
    organization = make_organization("Acme")
    join(organization, make_user("ada"), Role.ADMIN)
    page = operator.get(admin_url(get_organization_model(), "change", organization.pk))
    page = page.content.decode()
    for text in ("Название", "Участие в организациях", "администратор</option>", "читатель"):
        assert text in page, text


@pytest.mark.parametrize("model", [Download, Membership])
def test_admin_lists__are_in_russian(model, operator):
    page = operator.get(admin_url(model, "changelist")).content.decode()
    assert "Организации и файлы" in page
    assert "Organizations and files" not in page


def test_admin_form__refuses_a_name_in_russian(operator):
    file = make_stored_file()
    page = operator.post(admin_url(get_file_model(), "change", file.pk), {"name": "a\u202eb"})
    assert "Имя содержит управляющие символы." in page.content.decode()


def test_page_for_browsers__has_a_russian_form(operator):
    page = operator.get("/api/files/", headers={"Accept": "text/html"}).content.decode()
    for text in ("Идентификатор организации; нужен", "Действует до", "Комментарий"):
        assert text in page, text


def test_page_that_asks_for_a_password__is_in_russian(db, reader_decides):
    owner = make_user("ada")
    file = make_stored_file(owner=owner)
    join(file.organization, owner)
    url = f"/api/shared/{token_of(make_link(file, password='heron-lamp-42'))}/"
    reader = Client(headers=RUSSIAN | {"Accept": "text/html"})
    page = reader.get(url).content.decode()
    assert '<html lang="ru"' in page
    for text in ("Файл по ссылке", "Для этой ссылки нужен пароль.", ">Скачать</button>"):
        assert text in page, text
    assert "Неверный пароль." in reader.post(url, {"password": "heron-lamp-43"}).content.decode()


def test_user_model__refuses_an_address_in_use_in_russian(db, in_russian):
    model = get_user_model()
    user = make_user("ada")
    with pytest.raises(ValidationError) as refused:
        model(email=user.email.upper(), password="x").full_clean()
    assert refused.value.messages == [
        "Пользователь с таким адресом электронной почты уже существует."
    ]
