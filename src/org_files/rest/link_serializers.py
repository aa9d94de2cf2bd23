"""Serializers of share links and tickets."""

import re
from functools import partial
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.reverse import reverse
from rest_framework.utils import html

from org_files.db.keys import MAX_INTEGER
from org_files.links import change_link, token_of
from org_files.links.passwords import MAX_PASSWORD_LENGTH, normal_password
from org_files.models import ShareLink
from org_files.rest.fields import UTCDateTimeField
from org_files.rest.serializers import OptionalText, PartySerializer


class LinkedFileSerializer(serializers.Serializer[Any]):
    """A short form of the file of a link."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    size = serializers.IntegerField()
    content_type = serializers.CharField()


class LinkSerializer(serializers.ModelSerializer[ShareLink]):
    """A share link."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    file = LinkedFileSerializer(read_only=True)
    url = serializers.SerializerMethodField()
    created_by = PartySerializer(read_only=True)
    created_at = UTCDateTimeField(read_only=True)
    expires_at = UTCDateTimeField(read_only=True, allow_null=True)
    time_left = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField()
    download_count = serializers.IntegerField(source="used", read_only=True)
    has_password = serializers.SerializerMethodField()

    class Meta:
        model = ShareLink
        fields = [
            *("id", "file", "rendition", "url", "label", "created_by"),
            *("created_at", "expires_at", "time_left", "state"),
            *("max_downloads", "download_count", "has_password"),
        ]
        read_only_fields = fields

    def to_representation(self, instance: ShareLink) -> Any:
        # State and time left are of the same moment.
        self.now = timezone.now()
        return super().to_representation(instance)

    def get_url(self, link: ShareLink) -> str | None:
        """Return the URL that opens the file, or null once the site's key has changed."""
        token = token_of(link)
        if token is None:
            return None
        return reverse("org_files:shared", kwargs={"token": token}, request=self.context["request"])

    def get_time_left(self, link: ShareLink) -> int | None:
        """Return the seconds left: 0 after the end, null for a link without an end."""
        return link.time_left_at(self.now)

    def get_state(self, link: ShareLink) -> str:
        """Return the state of the link."""
        return str(link.state_at(self.now))

    def get_has_password(self, link: ShareLink) -> bool:
        """Return whether the link has a password."""
        return bool(link.password)


class WholeNumberField(serializers.IntegerField):
    """A number in decimal digits, as JSON writes them."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and not re.fullmatch(r"-?[0-9]{1,19}", data, re.ASCII):
            self.fail("invalid")
        return super().to_internal_value(data)


Height = partial(
    WholeNumberField,
    label=_("Height"),
    required=False,
    allow_null=True,
    min_value=1,
    max_value=2**31 - 1,
    help_text=_("A height of the picture, instead of the original."),
)


class SecondsField(WholeNumberField):
    """Seconds, or null for no end. An empty field of a form is not null, but an error."""

    def get_value(self, dictionary: Any) -> Any:
        if html.is_html_input(dictionary) and dictionary.get(self.field_name) == "":
            return ""
        return super().get_value(dictionary)


class LinkPasswordField(serializers.CharField):
    """A password in its normal form, whose characters are counted."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=MAX_PASSWORD_LENGTH, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return normal_password(super().to_internal_value(data))


class LinkChangeSerializer(serializers.Serializer[ShareLink]):
    """Editable fields of a share link."""

    # Untyped, since fields themselves have a label.
    label: Any = OptionalText(
        label=_("Label"),
        allow_null=True,
        max_length=200,
        help_text=_("Not shown to those who open the link."),
    )
    expires_in = SecondsField(
        label=_("Expires in"),
        allow_null=True,
        help_text=_("Seconds from now; in JSON null is a link without an end."),
    )
    max_downloads = WholeNumberField(
        label=_("Downloads at most"),
        required=False,
        allow_null=True,
        min_value=1,
        max_value=MAX_INTEGER,
        help_text=_("Null without a limit."),
    )

    def validate_label(self, value: str | None) -> str:
        return value or ""

    def update(self, instance: ShareLink, validated_data: dict[str, Any]) -> ShareLink:
        change_link(link=instance, **validated_data)
        return instance


class NewLinkSerializer(LinkChangeSerializer):
    """A new share link."""

    password = LinkPasswordField(
        label=_("Password"),
        required=False,
        allow_blank=True,
        allow_null=True,
        write_only=True,
        style={"input_type": "password", "autocomplete": "new-password"},
    )
    rendition = Height()

    def validate_password(self, value: str | None) -> str:
        return value or ""


class LinkPasswordSerializer(serializers.Serializer[Any]):
    """The password of a link."""

    password = LinkPasswordField()


class TicketRequestSerializer(serializers.Serializer[Any]):
    """A request for a ticket."""

    height = Height()


class TicketSerializer(serializers.Serializer[Any]):
    """A URL that opens a file for some minutes."""

    url = serializers.URLField()
    expires_at = UTCDateTimeField()
