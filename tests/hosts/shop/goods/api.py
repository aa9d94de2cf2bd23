from rest_framework import permissions, serializers, viewsets

from org_files.attachments import (
    AttachmentsMixin,
    AttachmentsSerializerField,
    StoredFileSerializerField,
)
from tests.hosts.shop.goods.access import own_products
from tests.hosts.shop.goods.models import Product


class ProductSerializer(serializers.ModelSerializer):
    manual = StoredFileSerializerField(required=False, allow_null=True)
    photos = AttachmentsSerializerField()

    class Meta:
        model = Product
        fields = ["id", "store", "name", "manual", "photos"]


class CanWrite(permissions.BasePermission):
    """A rule of the site: what is archived stays as it is."""

    def has_object_permission(self, request, view, obj):
        return request.method in permissions.SAFE_METHODS or obj.name != "Archived"


class ProductViewSet(AttachmentsMixin, viewsets.ModelViewSet):
    serializer_class = ProductSerializer
    permission_classes = [permissions.IsAuthenticated, CanWrite]
    queryset = Product.objects.none()
    attachments_attribute = "photos"

    def get_queryset(self):
        return own_products(self.request.user).order_by("name", "pk")
