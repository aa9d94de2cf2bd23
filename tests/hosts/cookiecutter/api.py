"""The API of the site: users, with names that the package could take."""

from rest_framework import mixins, routers, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from tests.hosts.cookiecutter.users.models import User


class UserSerializer(serializers.ModelSerializer):
    role = serializers.ChoiceField(choices=["author", "editor"])
    state = serializers.ChoiceField(choices=["invited", "active"])

    class Meta:
        model = User
        fields = ["name", "url", "role", "state"]
        extra_kwargs = {"url": {"view_name": "api:user-detail"}}


class UserViewSet(
    mixins.RetrieveModelMixin,
    mixins.ListModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet,
):
    serializer_class = UserSerializer
    queryset = User.objects.all()

    @action(detail=False)
    def me(self, request):
        return Response(self.get_serializer(request.user).data)


router = routers.DefaultRouter()
router.register("users", UserViewSet)
