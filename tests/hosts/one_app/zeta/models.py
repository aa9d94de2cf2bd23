from django.contrib.auth.models import AbstractUser

from org_files.models import AbstractFile, AbstractOrganization


class Person(AbstractUser):
    pass


class Company(AbstractOrganization):
    class Meta(AbstractOrganization.Meta):
        pass


class Document(AbstractFile):
    class Meta(AbstractFile.Meta):
        pass
