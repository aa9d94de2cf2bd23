from org_files.rest.serializers import OrganizationSerializer


class TenantSerializer(OrganizationSerializer):
    class Meta(OrganizationSerializer.Meta):
        fields = [*OrganizationSerializer.Meta.fields, "country", "changed_at"]
