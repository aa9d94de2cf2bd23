"""The API of the site, whose names are those of the package without its prefix."""

from django.contrib.auth import get_user_model
from rest_framework import routers, serializers, viewsets

from tests.hosts.wagtail.cms.models import Collection, Document


class FileSerializer(serializers.ModelSerializer):
    class Meta:
        model = Document
        fields = ["id", "title", "file", "state"]


class OrganizationSerializer(serializers.ModelSerializer):
    files = FileSerializer(source="documents", many=True, read_only=True)

    class Meta:
        model = Collection
        fields = ["id", "name", "files"]


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = get_user_model()
        fields = ["id", "username"]


class FileViewSet(viewsets.ModelViewSet):
    queryset = Document.objects.all()
    serializer_class = FileSerializer


class OrganizationViewSet(viewsets.ModelViewSet):
    queryset = Collection.objects.all()
    serializer_class = OrganizationSerializer


class UserViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = get_user_model().objects.all()
    serializer_class = UserSerializer


router = routers.SimpleRouter()
router.register("files", FileViewSet)
router.register("organizations", OrganizationViewSet)
router.register("users", UserViewSet)
