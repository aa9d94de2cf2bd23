"""Routes of accounts: ``path("api/", include("org_files.accounts.urls"))``.

The routes of tokens need the app of simplejwt's blacklist, in which spent refresh tokens are
stored. The route of one's own picture needs Pillow.
"""

from importlib.util import find_spec

from django.apps import apps
from django.urls import path

from org_files.accounts.views import profile, users

app_name = "org_files_accounts"

urlpatterns = [
    path("auth/register/", profile.RegistrationView.as_view(), name="register"),
    path("auth/login/", profile.LoginView.as_view(), name="login"),
    path("auth/logout/", profile.LogoutView.as_view(), name="logout"),
    path("users/", users.UserListView.as_view(), name="user-list"),
    path("users/me/", profile.ProfileView.as_view(), name="profile"),
    path("users/me/password/", profile.PasswordView.as_view(), name="password"),
    path("users/<str:id>/", users.UserView.as_view(), name="user"),
    path("users/<str:id>/avatar/", users.UserAvatarView.as_view(), name="user-avatar"),
]

if find_spec("PIL"):
    urlpatterns.insert(0, path("users/me/avatar/", profile.AvatarView.as_view(), name="avatar"))

if apps.is_installed("rest_framework_simplejwt.token_blacklist"):
    from org_files.accounts import tokens

    urlpatterns += [
        path("token/", tokens.TokenView.as_view(), name="token"),
        path("token/refresh/", tokens.TokenRefreshView.as_view(), name="token-refresh"),
        path("token/blacklist/", tokens.TokenBlacklistView.as_view(), name="token-blacklist"),
    ]
