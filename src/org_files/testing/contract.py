"""Base class of contracts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.test import SimpleTestCase, override_settings

from org_files import conf

if TYPE_CHECKING:
    from django.test import TestCase as Case
else:
    Case = object


class Contract(Case):
    """Base of contracts: tests to inherit from, beside one of Django's test cases.

    They run under ``manage.py test`` and under pytest alike::

        class TestMyPolicy(PolicyContract, TestCase):
            backend = {"BACKEND": "mysite.policies.MyPolicy"}
    """

    #: The key of ``ORG_FILES``.
    setting: ClassVar[str]
    #: The value of ``ORG_FILES`` under that key; ``None`` keeps that of the site's settings.
    backend: ClassVar[Mapping[str, Any] | None] = None
    #: unittest shows whole differences.
    maxDiff = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Raise ``TypeError`` if the contract is not the first base."""
        super().__init_subclass__(**kwargs)
        bases = cls.__mro__
        if SimpleTestCase in bases and bases.index(SimpleTestCase) < bases.index(Contract):
            raise TypeError(f"{cls.__name__}: name the contract before the test case.")

    # pytest also runs classes that are no test cases, without their setup.
    def setup_method(self, method: Any = None) -> None:
        """Raise ``TypeError`` for a class that is no test case."""
        if not isinstance(self, SimpleTestCase):
            raise TypeError(f"{type(self).__name__} has to inherit from a test case of Django's.")

    def setUp(self) -> None:
        """Configure the site to use the backend."""
        super().setUp()
        if self.backend is not None:
            self.configure(**{self.setting: self.backend})

    def configure(self, **changes: Any) -> None:
        """Change keys of ``ORG_FILES`` until the test ends."""
        changed = override_settings(ORG_FILES={**conf.user_settings(), **changes})
        self.enterContext(changed)
