from django.urls import include, path
from rest_framework.routers import DefaultRouter

from tests.hosts.shop.goods.api import ProductViewSet
from tests.urls import urlpatterns as default

router = DefaultRouter()
router.register("products", ProductViewSet)

urlpatterns = [*default, path("shop/", include(router.urls))]
