from org_files.models import AbstractFile, AbstractOrganization


class Company(AbstractOrganization):
    class Meta(AbstractOrganization.Meta):
        pass


class Document(AbstractFile):
    class Meta(AbstractFile.Meta):
        pass
