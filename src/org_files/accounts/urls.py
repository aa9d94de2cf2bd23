"""What a host site includes for login: ``path("api/", include("org_files.accounts.urls"))``.

The routes of tokens are there where simplejwt's blacklist is installed as an app: without it a
refresh token could not be spent.
"""

from __future__ import annotations

from django.apps import apps
from django.urls import path

from org_files.accounts import views

app_name = "org_files_accounts"

urlpatterns = [
    path("auth/login/", views.LoginView.as_view(), name="login"),
    path("auth/logout/", views.LogoutView.as_view(), name="logout"),
]

if apps.is_installed("rest_framework_simplejwt.token_blacklist"):
    from org_files.accounts import tokens

    urlpatterns += [
        path("token/", tokens.TokenView.as_view(), name="token"),
        path("token/refresh/", tokens.TokenRefreshView.as_view(), name="token-refresh"),
        path("token/blacklist/", tokens.TokenBlacklistView.as_view(), name="token-blacklist"),
    ]
