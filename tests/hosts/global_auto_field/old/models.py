from org_files.models import AbstractOrganization


class Company(AbstractOrganization):
    class Meta(AbstractOrganization.Meta):
        pass
