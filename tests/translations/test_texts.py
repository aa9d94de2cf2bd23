"""Names of models, labels of forms, errors and pages, in Russian."""

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import translation
from rest_framework.exceptions import APIException

from org_files import exceptions, get_file_model, get_organization_model
from org_files.files import clean_name
from org_files.links import token_of
from org_files.models import Download, Membership, Role
from org_files.rest.filters import DownloadFilterSet, FileFilterSet, LinkFilterSet
from org_files.rest.link_serializers import NewLinkSerializer
from org_files.rest.serializers import FileUploadSerializer
from org_files.testing.factories import join, make_link, make_stored_file, make_user
from tests.translations.test_answers import RUSSIAN, is_russian

APPS = ("org_files", "org_files_accounts")


#: Of errors that need some.
ARGUMENTS = {"TooManyAttempts": {"wait": 60}, "InvalidUTF8": {"field": "name"}}
ARGUMENTS |= {"OffsetMismatch": {"expected": 1, "provided": 0}, "TooManyFiles": {"limit": 1000}}


def subclasses(cls):
    for sub in cls.__subclasses__():
        yield sub
        yield from subclasses(sub)


def names_of(model):
    """Yield what people read of a model, its fields and their help texts."""
    yield from (model._meta.verbose_name, model._meta.verbose_name_plural)
    for field in model._meta.get_fields():
        name = str(getattr(field, "verbose_name", ""))
        # Keys that Django makes, and names such as SHA-256, are the same in every language.
        if name.upper() != name and not getattr(field, "auto_created", False):
            yield name
        yield getattr(field, "help_text", "")


def test_apps_models_and_fields__have_russian_names(in_russian):
    configs = [apps.get_app_config(app) for app in APPS]
    names = [config.verbose_name for config in configs]
    names += [
        name for config in configs for model in config.get_models() for name in names_of(model)
    ]

    assert [str(name) for name in names if name and not is_russian(str(name))] == []
    assert Role.choices == [
        ("admin", "администратор"),
        ("member", "участник"),
        ("viewer", "читатель"),
    ]


def test_errors__are_said_in_the_language_that_they_are_raised_in():
    errors = [
        error
        for error in [*subclasses(exceptions.OrgFilesError), *subclasses(APIException)]
        # The text of InvalidField is an argument.
        if error.__module__.startswith("org_files.") and error is not exceptions.InvalidField
    ]
    assert len(errors) > 20
    for error in errors:
        values = ARGUMENTS.get(error.__name__, {})
        english = error(**values)
        with translation.override("ru"):
            russian = error(**values)
        assert not is_russian(str(english)), error
        assert is_russian(str(russian)), error
        assert getattr(english, "code", 0) == getattr(russian, "code", 0)


def test_length_of_a_name__is_said_in_the_right_number(in_russian):
    with pytest.raises(exceptions.InvalidField) as refused:
        clean_name("x" * 256)
    assert refused.value.message == "Имя длиннее 255 символов."


def test_filters_and_forms__have_russian_labels(in_russian):
    filters = (FileFilterSet, DownloadFilterSet, LinkFilterSet)
    fields = [item for each in filters for item in each.base_filters.values()]
    fields += [
        field
        for serializer in (FileUploadSerializer(), NewLinkSerializer())
        for field in serializer.fields.values()
    ]

    assert len(fields) > 20
    for field in fields:
        assert is_russian(str(field.label)), field
        help_text = getattr(field, "help_text", "")
        assert not help_text or is_russian(str(help_text)), field


@pytest.fixture
def operator(db, reader_decides):
    client = Client(headers=RUSSIAN)
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    return client


def admin_url(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_admin_pages_and_browsable_api__are_in_russian(operator):
    file = make_stored_file(name="отчёт.txt")
    member = join(file.organization, make_user("ada"), Role.VIEWER)
    pages = {
        admin_url(get_file_model(), "change", file.pk): (
            *("Размер в байтах", "Тип содержимого", "Действует до", ">Скачать</a>", "Владелец"),
        ),
        admin_url(get_organization_model(), "change", file.organization.pk): (
            *("Название", "Участие в организациях", "администратор</option>", "читатель"),
        ),
        admin_url(Download, "changelist"): ("Организации и файлы",),
        admin_url(Membership, "changelist"): ("Организации и файлы",),
    }
    for url, texts in pages.items():
        page = operator.get(url).content.decode()
        assert '<html lang="ru"' in page
        assert [text for text in texts if text not in page] == []
        english = ("Size in bytes", "Content type", "Expires at", ">Download<", "Owner")
        assert [text for text in english if text in page] == []
    refused = operator.post(admin_url(get_file_model(), "change", file.pk), {"name": "a\u202eb"})
    assert "Имя содержит управляющие символы." in refused.content.decode()
    with translation.override("ru"):
        assert str(member).endswith("(читатель)")
    page = operator.get("/api/files/", headers={"Accept": "text/html"}).content.decode()
    for text in ("Идентификатор организации. Нужен", "Действует до", "Комментарий"):
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
    user = make_user("ada")

    with pytest.raises(ValidationError) as refused:
        type(user)(email=user.email.upper(), password="x").full_clean()

    assert refused.value.messages == [
        "Пользователь с таким адресом электронной почты уже существует."
    ]
