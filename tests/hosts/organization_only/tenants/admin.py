from django.contrib import admin

from org_files.admin import OrganizationAdmin
from tests.hosts.organization_only.tenants.models import Tenant

admin.site.register(Tenant, OrganizationAdmin)
