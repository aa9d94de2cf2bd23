"""Serializers of files, organizations, members, tiers and downloads."""

from functools import partial
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from rest_framework import serializers

from org_files import get_file_model, get_organization_model
from org_files.files import change_file
from org_files.models import AbstractFile, Download, Membership, Role, Tier
from org_files.organizations import change_organization, create_organization
from org_files.rest.compiled import compiled
from org_files.rest.fields import (
    DigestField,
    FutureDateTimeField,
    ModelSerializer,
    UTCDateTimeField,
    content_url,
    display_name,
    rendition_url,
)
from org_files.tiers import heights_of

#: Characters of a text that every row of a list shows.
MAX_TEXT_LENGTH = 10_000


OptionalText = partial(serializers.CharField, required=False, allow_blank=True)


@compiled
class PartySerializer(serializers.Serializer[Any]):
    """A short form of an organization or a user."""

    id = serializers.ReadOnlyField(source="pk", help_text=_("The host model's primary key."))
    name = serializers.SerializerMethodField()

    def get_name(self, party: Any) -> str:
        """Return the name."""
        return display_name(party) if isinstance(party, AbstractBaseUser) else party.name


class RenditionSerializer(serializers.Serializer[Any]):
    """One height of a picture."""

    height = serializers.IntegerField(help_text=_("Pixels."))
    url = serializers.URLField()


@compiled
class FileSerializer(ModelSerializer):
    """A file."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    is_picture = serializers.BooleanField(read_only=True)
    sha256 = DigestField(
        help_text=_("Of the content, in hexadecimal. Null until that of a direct upload is made.")
    )
    organization = PartySerializer(read_only=True)
    owner = PartySerializer(
        read_only=True, allow_null=True, help_text=_("Null once the account is deleted.")
    )
    download_count = serializers.IntegerField(read_only=True)
    deleted_at = UTCDateTimeField(
        read_only=True, allow_null=True, help_text=_("Time of the move to the trash.")
    )
    last_downloaded_at = UTCDateTimeField(read_only=True, allow_null=True)
    content_url = serializers.SerializerMethodField()
    renditions = serializers.SerializerMethodField()

    class Meta:
        model = get_file_model()
        fields = [
            *("id", "name", "size", "content_type", "is_picture", "sha256"),
            *("comment", "resource", "resource_id", "is_public", "organization", "owner"),
            *("created_at", "updated_at", "expires_at", "deleted_at"),
            *("download_count", "last_downloaded_at", "content_url", "renditions"),
        ]
        read_only_fields = fields
        extra_kwargs = {
            "size": {"help_text": _("Bytes.")},
            "resource": {"help_text": _("A kind of object of the site.")},
            "resource_id": {"help_text": _("The id of the object.")},
            "is_public": {"help_text": _("Whether all logged-in users may read it.")},
            "expires_at": {"help_text": _("The file is visible until then.")},
        }

    def get_content_url(self, file: AbstractFile) -> str:
        """Return the URL of the content."""
        return content_url(file, self.context["request"])

    def get_renditions(self, file: AbstractFile) -> list[dict[str, Any]]:
        """Return the heights of the picture that the organization's tier allows."""
        request, heights = self.context["request"], heights_of(file)
        return [{"height": each, "url": rendition_url(file, each, request)} for each in heights]


class FileChangeSerializer(serializers.Serializer[Any]):
    """Editable fields of a file."""

    name = serializers.CharField(
        label=pgettext_lazy("of a file", "Name"),
        help_text=_("At most 255 characters. Directories are cut off."),
    )
    comment = OptionalText(label=_("Comment"), trim_whitespace=False, max_length=MAX_TEXT_LENGTH)
    resource = OptionalText(
        label=_("Resource"), max_length=100, help_text=_("A kind of object of the site.")
    )
    resource_id = OptionalText(
        label=_("Resource id"), max_length=100, help_text=_("The id of the object.")
    )
    is_public = serializers.BooleanField(
        label=_("Is public"),
        required=False,
        default=False,
        help_text=_("Whether all logged-in users may read it."),
    )
    expires_at = FutureDateTimeField(
        label=_("Expires at"),
        required=False,
        allow_null=True,
        help_text=_("A future time with its zone, before the year 9999."),
        # A browser's own field for moments sends no zone.
        style={"input_type": "text", "placeholder": "2030-01-31T12:00:00Z"},
    )

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        return change_file(file=instance, requester=self.context["request"].user, **validated_data)


class FileUploadSerializer(FileChangeSerializer):
    """A new file."""

    file = serializers.FileField(
        label=_("File"), allow_empty_file=True, use_url=False, write_only=True
    )
    organization = serializers.CharField(
        label=_("Organization"),
        required=False,
        help_text=_("Id of the organization. Required for members of several."),
    )
    name = serializers.CharField(
        label=pgettext_lazy("of a file", "Name"),
        required=False,
        help_text=_("Instead of the name sent with `file`."),
    )

    def get_fields(self) -> dict[str, Any]:
        # Forms show them in this order.
        fields = super().get_fields()
        first = {name: fields[name] for name in ("file", "organization", "name")}
        return {**first, **fields}


class MemberSerializer(serializers.Serializer[Any]):
    """A member of an organization."""

    id = serializers.ReadOnlyField(source="user.pk", help_text=_("The host model's primary key."))
    name = serializers.SerializerMethodField()
    role = serializers.CharField()

    def get_name(self, membership: Membership) -> str:
        """Return the full name, or else the login name."""
        return display_name(membership.user)


class RoleSerializer(serializers.Serializer[Any]):
    """The role of a member."""

    role = serializers.ChoiceField(choices=Role.choices)


class NewMemberSerializer(RoleSerializer):
    """A new member."""

    user = serializers.CharField(help_text=_("Id of the user."))


class OrganizationSerializer(ModelSerializer):
    """An organization."""

    id = serializers.ReadOnlyField(source="pk", help_text=_("The host model's primary key."))
    tier = serializers.SerializerMethodField()
    download_count = serializers.IntegerField(read_only=True)
    file_count = serializers.IntegerField(
        read_only=True, help_text=_("Without the trash and expired files.")
    )
    bytes_stored = serializers.IntegerField(read_only=True, help_text=_("With the trash."))
    members = serializers.SerializerMethodField()

    class Meta:
        model = get_organization_model()
        fields = [
            *("id", "name", "description", "tier"),
            *("download_count", "file_count", "bytes_stored", "created_at", "members"),
        ]
        read_only_fields = ["created_at"]
        extra_kwargs = {"description": {"max_length": MAX_TEXT_LENGTH}}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields; ``members`` only where the request asks for them."""
        fields = super().get_fields()
        if "members" not in self.context.get("expand", ()):
            fields.pop("members", None)
        return fields

    def get_tier(self, organization: Any) -> int | None:
        """Return the id of the tier, or null without one."""
        subscription = getattr(organization, "org_files_subscription", None)
        return None if subscription is None else subscription.tier_id

    def get_members(self, organization: Any) -> list[dict[str, Any]]:
        """Return the members that the requester may see, with `expand=members`."""
        return list(MemberSerializer(organization.shown_members, many=True).data)

    def create(self, validated_data: dict[str, Any]) -> Any:
        """Create an organization; the requester becomes its admin."""
        return create_organization(admin=self.context["request"].user, **validated_data)

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        """Change the fields that were sent."""
        return change_organization(organization=instance, **validated_data)


class TierSerializer(serializers.ModelSerializer[Tier]):
    """Limits of an organization: storage, heights of pictures, share links."""

    heights = serializers.ListField(
        child=serializers.IntegerField(), source="sorted_heights", read_only=True
    )

    class Meta:
        model = Tier
        fields = [
            *("id", "name", "heights", "allow_original", "allow_links"),
            *("link_min_seconds", "link_max_seconds", "allow_permanent_links"),
            *("max_file_size", "quota_bytes", "quota_files"),
        ]
        read_only_fields = fields


class DownloadsOfDaySerializer(serializers.Serializer[Any]):
    """Downloads of one day, in UTC."""

    date = serializers.DateField()
    count = serializers.IntegerField()


class UsageSerializer(serializers.Serializer[Any]):
    """Storage and downloads of an organization."""

    bytes_stored = serializers.IntegerField(help_text=_("With the trash."))
    quota_bytes = serializers.IntegerField(allow_null=True, help_text=_("Null without a limit."))
    file_count = serializers.IntegerField(help_text=_("Without the trash and expired files."))
    download_count = serializers.IntegerField()
    downloads_per_day = DownloadsOfDaySerializer(many=True)


class DownloadedFileSerializer(serializers.Serializer[Any]):
    """A short form of the file of a download."""

    id = serializers.UUIDField()
    name = serializers.CharField(allow_null=True)


@compiled
class DownloadedOrganizationSerializer(serializers.Serializer[Any]):
    """A short form of the organization of a download."""

    id = serializers.ReadOnlyField(source="pk")
    name = serializers.SerializerMethodField()

    def get_name(self, organization: Any) -> str | None:
        """Return the name, or null if the requester cannot see the organization now."""
        return getattr(organization, "shown_name", None)


@compiled
class DownloadSerializer(serializers.ModelSerializer[Download]):
    """A download that was granted."""

    # LedgerView.complete adds the names.
    id = serializers.CharField(source="pk", read_only=True)
    file = serializers.SerializerMethodField()
    organization = DownloadedOrganizationSerializer(read_only=True, allow_null=True)
    user = PartySerializer(read_only=True, allow_null=True)
    link = serializers.UUIDField(source="link_id", read_only=True, allow_null=True)
    downloaded_at = UTCDateTimeField(read_only=True)

    class Meta:
        model = Download
        fields = ["id", "file", "organization", "user", "link", "downloaded_at"]

    def get_file(self, download: Download) -> dict[str, Any]:
        """Return the file. Its name is null if the requester cannot see it now."""
        name = getattr(download, "file_name", None)
        return {"id": str(download.file_public_id), "name": name}
