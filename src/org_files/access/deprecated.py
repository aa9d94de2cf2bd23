"""Methods of policies that go in the next release; one that a policy overrides is still obeyed."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.db.models import QuerySet

    from org_files.db.prepared import PreparedQuery
    from org_files.models import AbstractFile

#: Each method, and what to do instead.
INSTEAD = {
    "trashed_files": "Filter removable_files by deleted_at.",
    "prepared_file": "Filter visible_files by public_id.",
    "statement_key": "Leave it out: the queries of a site's own policy are compiled each time.",
}


class DeprecatedMethods:
    """Base of ``Policy``."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # A mixin is no policy itself, so that it is not announced by its own definition.
        mixins = [each for each in cls.__mro__ if not issubclass(each, DeprecatedMethods)]
        for name in INSTEAD:
            if any(name in vars(each) for each in (cls, *mixins)):
                # The frames of this method and of ABCMeta lie before the site's class statement.
                _warn(f"{cls.__qualname__}.{name}", name, stacklevel=4)

    def trashed_files(self: Any, user: AbstractBaseUser) -> QuerySet[AbstractFile]:
        _warn("Policy.trashed_files", "trashed_files")
        files: QuerySet[AbstractFile] = self.removable_files(user)
        return files.filter(deleted_at__isnull=False)

    def prepared_file(
        self: Any, user: AbstractBaseUser, public_id: UUID
    ) -> PreparedQuery | QuerySet[AbstractFile]:
        _warn("Policy.prepared_file", "prepared_file")
        files: QuerySet[AbstractFile] = self.visible_files(user)
        return files.filter(public_id=public_id)

    def statement_key(self: Any, user: AbstractBaseUser) -> Hashable | None:
        from org_files.access.policies import statement_key

        _warn("Policy.statement_key", "statement_key")
        return statement_key(self, user)


def _warn(subject: str, name: str, *, stacklevel: int = 3) -> None:
    message = f"{subject} goes in the next release. {INSTEAD[name]}"
    warnings.warn(message, DeprecationWarning, stacklevel=stacklevel)
