"""Services of accounts: register, change, remove. Callers ask the policy first."""

import logging
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.utils import timezone

from org_files.accounts.fields import normal_password
from org_files.accounts.registration import get_registration
from org_files.db.rows import change_row, conflicts, writing
from org_files.events import record_on_commit
from org_files.organizations import keep_other_admins

logger = logging.getLogger("org_files.accounts")


def register_user(*, password: str, **values: Any) -> Any:
    """Create a user with ``values``, by field name, and run the site's registration backend.

    Raises ``RegistrationClosed``, and ``Conflict`` if the login name is taken.
    """
    registration = get_registration()
    registration.prepare()
    model: Any = get_user_model()
    user = model(**values)
    # Hashing is slow on purpose, so it is done before the transaction.
    user.set_password(normal_password(password))
    with conflicts(), writing(model):
        user.save(force_insert=True)
        registration.registered(user)
    record_on_commit("user.registered", using=user._state.db, obj=user, actor=user)
    return user


def change_user(*, user: Any, **values: Any) -> Any:
    """Change the columns of ``user`` that ``values`` name.

    A user who is disabled also loses all refresh tokens and API keys. Raises ``Conflict`` if the
    login name is taken, ``DoesNotExist`` if the user was deleted meanwhile.
    """
    with writing(get_user_model()):
        change_row(user, values)
        if values.get("is_active") is False:
            _end_tokens(user)
    return user


def change_password(*, user: Any, password: str | None) -> bool:
    """Set the password, ``None`` for an unusable one, and revoke refresh tokens and API keys.

    Sessions end, because they hold a digest of the password. Returns ``False`` and changes nothing
    if the password was changed since ``user`` was read.
    """
    model: Any = get_user_model()
    old = user.password
    user.set_password(normal_password(password))
    with writing(model):
        # tokens.pair_of waits for this row, so no token is issued meanwhile.
        locked = model._base_manager.select_for_update().filter(pk=user.pk, password=old)
        if not locked.exists():
            return False
        user.save(update_fields=["password"])
        _end_tokens(user)
    logger.info("User %s changed the password.", user.pk)
    return True


def remove_user(*, user: Any, keep_admins: bool = True) -> None:
    """Delete an account and its memberships; files stay with their organizations, unowned.

    With ``keep_admins``, raises ``LastAdmin`` for the last admin of an organization with other
    members. Raises ``Conflict`` if rows of the site refer to the user, and ``DoesNotExist`` if the
    user is deleted already.
    """
    pk = user.pk
    model: Any = get_user_model()
    with conflicts(), writing(model):
        # Of two requests at once, the second finds the account gone.
        model._base_manager.select_for_update().get(pk=pk)
        if keep_admins:
            keep_other_admins(user)
        user.delete()
    logger.info("User %s removed.", pk)


def _end_tokens(user: Any) -> None:
    if apps.is_installed("rest_framework.authtoken"):
        from rest_framework.authtoken.models import Token

        Token.objects.filter(user=user).delete()
    if apps.is_installed("rest_framework_simplejwt.token_blacklist"):
        from rest_framework_simplejwt.token_blacklist import models

        alive = models.OutstandingToken.objects.filter(
            user=user, expires_at__gt=timezone.now(), blacklistedtoken=None
        )
        spent = [models.BlacklistedToken(token_id=pk) for pk in alive.values_list("pk", flat=True)]
        models.BlacklistedToken.objects.bulk_create(spent, batch_size=1000, ignore_conflicts=True)
