"""Routes of the pages: ``path("library/", include("org_files.web.urls"))``.

Those of accounts and people are there with the app ``org_files.accounts``.
"""

from django.apps import apps
from django.urls import path

from org_files.tiers import has_pillow
from org_files.web.views import (
    file_list,
    files,
    ledger,
    links,
    members,
    organizations,
    selection,
    trash,
    uploads,
)

app_name = "org_files_web"

urlpatterns = [
    path("", file_list.LibraryPage.as_view(), name="library"),
    path("selection/", selection.SelectionPage.as_view(), name="selection"),
    path("trash/", trash.TrashPage.as_view(), name="trash"),
    path("uploads/", uploads.NewUpload.as_view(), name="uploads"),
    path("uploads/<str:id>/", uploads.UnfinishedUpload.as_view(), name="upload"),
]

urlpatterns += [
    path(route, view.as_view(), name=name)
    for route, view, name in (
        ("files/<str:id>/", files.FilePage, "file"),
        ("files/<str:id>/content/", files.FileContent, "file-content"),
        ("files/<str:id>/preview/", files.FilePreview, "file-preview"),
        ("files/<str:id>/preview/<str:height>/", files.FileRendition, "file-rendition"),
        ("files/<str:id>/trash/", files.FileTrash, "file-trash"),
        ("files/<str:id>/restore/", files.FileRestore, "file-restore"),
        ("files/<str:id>/remove/", files.FileRemovalPage, "file-remove"),
        ("files/<str:id>/downloads/", files.FileDownloadsPage, "file-downloads"),
        ("files/<str:id>/links/", links.FileLinksPage, "file-links"),
        ("links/", links.LinksPage, "links"),
        ("links/<str:id>/", links.LinkPage, "link"),
        ("links/<str:id>/revoke/", links.LinkRevocationPage, "link-revoke"),
        ("links/<str:id>/qr.svg", links.LinkQR, "link-qr"),
        ("downloads/", ledger.DownloadsPage, "downloads"),
    )
]

urlpatterns += [
    path(route, view.as_view(), name=name)
    for route, view, name in (
        ("organizations/", organizations.OrganizationsPage, "organizations"),
        ("organizations/<str:id>/", organizations.OrganizationPage, "organization"),
        (
            "organizations/<str:id>/delete/",
            organizations.OrganizationRemovalPage,
            "organization-delete",
        ),
        (
            "organizations/<str:id>/downloads/",
            organizations.OrganizationDownloadsPage,
            "organization-downloads",
        ),
        ("organizations/<str:id>/members/", members.MembersPage, "members"),
        ("organizations/<str:id>/members/<str:user_id>/", members.MemberPage, "member"),
        (
            "organizations/<str:id>/members/<str:user_id>/remove/",
            members.MemberRemovalPage,
            "member-remove",
        ),
        ("invitations/<str:token>/", members.InvitationPage, "invitation"),
    )
]

if apps.is_installed("org_files.accounts"):
    from org_files.web.views import accounts, people

    urlpatterns += [
        path(route, view.as_view(), name=name)
        for route, view, name in (
            ("log-in/", accounts.LoginPage, "login"),
            ("log-out/", accounts.LogoutPage, "logout"),
            ("register/", accounts.RegistrationPage, "register"),
            ("profile/", accounts.ProfilePage, "profile"),
            ("profile/password/", accounts.PasswordPage, "password"),
            ("profile/delete/", accounts.AccountRemovalPage, "account-delete"),
            ("people/", people.PeoplePage, "people"),
            ("people/<str:id>/", people.PersonPage, "person"),
            ("people/<str:id>/delete/", people.PersonRemovalPage, "person-delete"),
            ("people/<str:id>/avatar/", people.UserAvatarPage, "user-avatar"),
        )
    ]
    if has_pillow():
        urlpatterns += [path("profile/avatar/", accounts.AvatarPage.as_view(), name="avatar")]
