"""Routes of the API. Ids are text here: views parse them, after login."""

from django.urls import path

from org_files.rest.views import (
    contents,
    direct,
    files,
    health,
    links,
    lists,
    members,
    organizations,
    resources,
    shared,
    uploads,
)

app_name = "org_files"

urlpatterns = [
    path(route, view.as_view(), name=name)
    for route, view, name in (
        ("files/", files.FileListView, "file-list"),
        ("files/<str:id>/", files.FileView, "file"),
        ("files/<str:id>/content/", contents.FileContentView, "file-content"),
        ("files/<str:id>/renditions/<str:height>/", contents.RenditionView, "rendition"),
        ("files/<str:id>/restore/", files.FileRestoreView, "file-restore"),
        ("files/<str:id>/links/", links.FileLinksView, "file-links"),
        ("files/<str:id>/ticket/", contents.TicketView, "ticket"),
        ("files/<str:id>/downloads/", files.FileDownloadsView, "file-downloads"),
        (
            "resources/<str:resource>/<str:resource_id>/files/",
            resources.ResourceFilesView,
            "resource-files",
        ),
        ("organizations/", organizations.OrganizationListView, "organization-list"),
        ("organizations/<str:id>/", organizations.OrganizationView, "organization"),
        (
            "organizations/<str:id>/files/",
            organizations.OrganizationFilesView,
            "organization-files",
        ),
        (
            "organizations/<str:id>/downloads/",
            organizations.OrganizationDownloadsView,
            "organization-downloads",
        ),
        ("organizations/<str:id>/usage/", organizations.UsageView, "usage"),
        ("organizations/<str:id>/members/", members.MemberListView, "member-list"),
        ("organizations/<str:id>/members/<str:user_id>/", members.MemberView, "member"),
        ("links/", links.LinkListView, "link-list"),
        ("links/<str:id>/", links.LinkView, "link"),
        ("shared/<str:token>/", shared.SharedView, "shared"),
        ("uploads/", uploads.UploadListView, "upload-list"),
        ("uploads/<str:id>/", uploads.UploadView, "upload"),
        ("uploads/<str:id>/parts/", direct.UploadPartsView, "upload-parts"),
        ("uploads/<str:id>/complete/", direct.UploadCompleteView, "upload-complete"),
        ("tiers/", lists.TierListView, "tier-list"),
        ("downloads/", lists.DownloadListView, "download-list"),
        ("users/<str:id>/downloads/", lists.UserDownloadsView, "user-downloads"),
        ("health/", health.HealthView, "health"),
    )
]
