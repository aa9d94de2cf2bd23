"""Pages of one's own account: log in, register, profile, picture, password, deletion."""

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from org_files.accounts.models import Avatar
from org_files.models import Membership, Role
from org_files.testing.factories import join, make_organization, make_user
from tests.pictures.stored import photo
from tests.web.pages import text_of

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
LOGIN, REGISTER, PROFILE = "/library/log-in/", "/library/register/", "/library/profile/"


@pytest.fixture
def ada():
    return make_user("ada", password=PASSWORD, first_name="Ada")


def log_in(client, user, password=PASSWORD, **fields):
    return client.post(LOGIN, {"email": user.email, "password": password, **fields})


def test_login_begins_a_new_session_and_leads_on(client, ada):
    client.get(LOGIN)
    client.session["kept"] = 1
    before = client.session.session_key

    answer = log_in(client, ada, next="/library/?search=a")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/library/?search=a")
    assert client.session.session_key != before
    assert client.get(PROFILE).status_code == 200


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "https:/evil", ""]
)
def test_login_leads_to_no_other_site(client, ada, url):
    assert log_in(client, ada, next=url).headers["Location"] == "/library/"


def test_wrong_password_is_told_beside_what_was_typed(client, ada):
    answer = log_in(client, ada, "wrong-one")

    assert answer.status_code == 400
    assert "No active account with these credentials." in text_of(answer)
    assert ada.email in text_of(answer)
    assert "wrong-one" not in text_of(answer)


def test_login_above_the_limit_waits(client, ada, settings):
    rates = {"org_files_login": "1/min"}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}
    cache.clear()
    log_in(client, ada, "wrong")

    answer = log_in(client, ada)

    cache.clear()
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "throttled" in text_of(answer)


@pytest.mark.parametrize("is_in_middleware", [True, False])
def test_form_needs_its_token_also_without_the_middleware(settings, ada, is_in_middleware):
    csrf = "django.middleware.csrf.CsrfViewMiddleware"
    if not is_in_middleware:
        settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if each != csrf]
    client = Client(enforce_csrf_checks=True)
    client.get(LOGIN)
    token = client.cookies["csrftoken"].value

    refused = log_in(client, ada)
    taken = log_in(client, ada, csrfmiddlewaretoken=token)

    assert (refused.status_code, taken.status_code) == (403, 303)
    assert "The page was open for too long." in text_of(refused)


def test_registered_user_is_logged_in_and_led_on(client):
    fields = {"email": "new@example.com", "password": PASSWORD, "first_name": "New"}

    answer = client.post(
        REGISTER, {**fields, "next": "/library/organizations/", "is_staff": "true"}
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, "/library/organizations/")
    user = get_user_model().objects.get()
    assert (user.first_name, user.is_staff) == ("New", False)
    assert client.session["_auth_user_id"] == str(user.pk)


def test_registration_tells_which_field_is_wrong(client, ada, settings):
    name = "django.contrib.auth.password_validation.MinimumLengthValidator"
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": name}]
    assert "at least 8 characters" in text_of(client.get(REGISTER))

    answer = client.post(REGISTER, {"email": ada.email, "password": "short", "first_name": "Eve"})

    page = text_of(answer)
    assert answer.status_code == 400
    assert "A user with this e-mail address exists already." in page
    assert 'aria-describedby="of-email-errors"' in page
    assert 'value="Eve"' in page


def test_closed_registration_is_told(client, settings):
    closed = "org_files.accounts.registration.ClosedRegistration"
    settings.ORG_FILES = {"REGISTRATION": {"BACKEND": closed}}

    assert "Registration is closed." in text_of(client.get(REGISTER))
    assert REGISTER not in text_of(client.get(LOGIN))
    answer = client.post(REGISTER, {"email": "new@example.com", "password": PASSWORD})

    assert answer.status_code == 403
    assert not get_user_model().objects.exists()


def test_log_out_ends_the_session_by_a_form_alone(client, ada):
    client.force_login(ada)

    client.get("/library/log-out/")
    assert client.get(PROFILE).status_code == 200
    client.post("/library/log-out/")

    assert "You are logged out." in text_of(client.get(LOGIN))
    assert client.get(PROFILE).status_code == 303


def test_profile_is_changed_and_shows_roles(client, ada):
    join(make_organization("Acme"), ada, Role.ADMIN)
    client.force_login(ada)

    answer = client.post(PROFILE, {"first_name": "Augusta", "phone": "", "is_staff": "true"})
    refused = client.post(PROFILE, {"phone": "none"})

    ada.refresh_from_db()
    assert (answer.status_code, ada.first_name, ada.is_staff) == (303, "Augusta", False)
    assert refused.status_code == 400
    assert "Not a number of the form E.164." in text_of(refused)
    page = text_of(client.get(PROFILE))
    assert "The profile is saved." not in page  # shown once, with the page of the error
    assert "Acme</a>" in page
    assert ">admin<" in page


def test_picture_is_stored_shown_and_removed(client, ada, org_files_storage):
    client.force_login(ada)
    shown, path = f"/library/people/{ada.pk}/avatar/", "/library/profile/avatar/"

    refused = client.post(path, {"avatar": SimpleUploadedFile("a.png", b"no picture")})
    sent = client.post(path, {"avatar": SimpleUploadedFile("a.jpg", photo(300, 300))})
    picture = client.get(shown)

    assert (refused.status_code, sent.status_code, picture.status_code) == (400, 303, 200)
    assert "This is not a picture that can be read." in text_of(refused)
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert b"".join(picture.streaming_content)
    assert shown in text_of(client.get(PROFILE))
    client.post(path, {"action": "remove"})
    assert not Avatar.objects.exists()
    assert client.get(shown).status_code == 404


def test_profile_has_no_form_of_a_picture_on_a_site_that_scales_none(client, ada, monkeypatch):
    client.force_login(ada)
    assert "New picture" in text_of(client.get(PROFILE))

    monkeypatch.setattr("org_files.web.views.accounts.has_pillow", lambda: False)

    assert "New picture" not in text_of(client.get(PROFILE))


def test_picture_is_sent_by_the_site_whatever_the_delivery(client, ada, settings):
    settings.ORG_FILES = {"DELIVERY": {"BACKEND": "org_files.delivery.RedirectDelivery"}}
    client.force_login(ada)
    client.post("/library/profile/avatar/", {"avatar": SimpleUploadedFile("a.jpg", photo(90, 90))})

    answer = client.get(f"/library/people/{ada.pk}/avatar/")

    assert answer.status_code == 200
    answer.close()


def test_new_password_keeps_this_session_and_ends_others(client, ada):
    other = Client()
    log_in(client, ada)
    log_in(other, ada)
    path, new = "/library/profile/password/", "Tr0ub4dor & 3"

    refused = client.post(path, {"old_password": "wrong", "new_password": new})
    changed = client.post(path, {"old_password": PASSWORD, "new_password": new})

    assert (refused.status_code, changed.status_code) == (400, 303)
    assert "This is not your password." in text_of(refused)
    assert client.get(PROFILE).status_code == 200
    assert other.get(PROFILE).status_code == 303
    ada.refresh_from_db()
    assert ada.check_password(new)


def test_account_is_deleted_unless_an_organization_loses_its_last_admin(client, ada):
    organization, path = make_organization(), "/library/profile/delete/"
    own = join(organization, ada, Role.ADMIN)
    join(organization, make_user())
    client.force_login(ada)

    refused = client.post(path)
    assert refused.status_code == 409
    assert "The last admin of an organization cannot go." in text_of(refused)

    Membership.objects.filter(pk=own.pk).delete()
    assert client.get(path).status_code == 200
    assert get_user_model().objects.filter(pk=ada.pk).exists()
    assert client.post(path).headers["Location"] == LOGIN
    assert not get_user_model().objects.filter(pk=ada.pk).exists()
    assert "Your account is deleted." in text_of(client.get(LOGIN))
