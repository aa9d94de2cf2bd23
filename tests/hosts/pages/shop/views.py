from django.contrib.auth.mixins import LoginRequiredMixin
from django.views.generic import DetailView

from tests.hosts.pages.shop.models import Lamp


class LampView(LoginRequiredMixin, DetailView):
    model = Lamp
    template_name = "shop/lamp.html"
