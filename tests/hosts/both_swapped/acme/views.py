"""The package's counters in a view of the site's own: a page that counts as a download."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, JsonResponse

from org_files import counters, get_file_model
from org_files.access import get_policy


@login_required
def preview(request, public_id):
    file = get_policy().visible_files(request.user).filter(public_id=public_id).first()
    if file is None:
        raise Http404
    counters.record_download(file=file, user=request.user)
    counted = counters.with_totals(get_file_model().objects.filter(pk=file.pk)).get()
    return JsonResponse({"name": file.name, "downloads": counted.download_count})
