"""The routes of the contract. Ids are text here: views parse them, after login."""

from __future__ import annotations

from django.urls import path

from org_files.rest.views import (
    contents,
    downloads,
    files,
    links,
    members,
    organizations,
    shared,
    tiers,
)

app_name = "org_files"

urlpatterns = [
    path("files/", files.FileListView.as_view(), name="file-list"),
    path("files/<str:id>/", files.FileView.as_view(), name="file"),
    path("files/<str:id>/content/", contents.FileContentView.as_view(), name="file-content"),
    path(
        "files/<str:id>/renditions/<str:height>/",
        contents.RenditionView.as_view(),
        name="rendition",
    ),
    path("files/<str:id>/restore/", files.FileRestoreView.as_view(), name="file-restore"),
    path("files/<str:id>/links/", links.FileLinksView.as_view(), name="file-links"),
    path("files/<str:id>/ticket/", links.TicketView.as_view(), name="ticket"),
    path("files/<str:id>/downloads/", files.FileDownloadsView.as_view(), name="file-downloads"),
    path(
        "resources/<str:resource>/<str:resource_id>/files/",
        files.ResourceFilesView.as_view(),
        name="resource-files",
    ),
    path(
        "organizations/",
        organizations.OrganizationListView.as_view(),
        name="organization-list",
    ),
    path(
        "organizations/<str:id>/",
        organizations.OrganizationView.as_view(),
        name="organization",
    ),
    path(
        "organizations/<str:id>/files/",
        organizations.OrganizationFilesView.as_view(),
        name="organization-files",
    ),
    path(
        "organizations/<str:id>/downloads/",
        organizations.OrganizationDownloadsView.as_view(),
        name="organization-downloads",
    ),
    path("organizations/<str:id>/usage/", organizations.UsageView.as_view(), name="usage"),
    path("organizations/<str:id>/members/", members.MemberListView.as_view(), name="member-list"),
    path(
        "organizations/<str:id>/members/<str:user_id>/",
        members.MemberView.as_view(),
        name="member",
    ),
    path("links/", links.LinkListView.as_view(), name="link-list"),
    path("links/<str:id>/", links.LinkView.as_view(), name="link"),
    path("shared/<str:token>/", shared.SharedView.as_view(), name="shared"),
    path("tiers/", tiers.TierListView.as_view(), name="tier-list"),
    path("downloads/", downloads.DownloadListView.as_view(), name="download-list"),
    path(
        "users/<str:id>/downloads/",
        downloads.UserDownloadsView.as_view(),
        name="user-downloads",
    ),
]
