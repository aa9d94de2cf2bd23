"""Serializers and filters of this site, with the columns of its own models."""

import django_filters

from org_files.rest.filters import FileFilterSet, FlagFilter
from org_files.rest.serializers import FileSerializer, OrganizationSerializer


class DocumentSerializer(FileSerializer):
    class Meta(FileSerializer.Meta):
        fields = [*FileSerializer.Meta.fields, "folder", "approved_at"]
        read_only_fields = fields


class DocumentFilterSet(FileFilterSet):
    folder = django_filters.CharFilter()
    approved = FlagFilter(field_name="approved_at", lookup_expr="isnull", exclude=True)


class CompanySerializer(OrganizationSerializer):
    class Meta(OrganizationSerializer.Meta):
        fields = [*OrganizationSerializer.Meta.fields, "vat_number"]
