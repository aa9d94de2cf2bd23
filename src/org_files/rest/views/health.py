"""The state of the site, for load balancers and monitoring."""

from django.contrib.auth.decorators import login_not_required
from django.db import connections, transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from org_files.health import get_health


# Not a view of Django REST framework: throttles would need the cache, authentication the database.
@login_not_required
@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Answer with the state as JSON: 503 where the database or the storage fails, else 200."""
    state = get_health()
    return JsonResponse(state.as_json(), status=200 if state.is_serving else 503)


# Under ATOMIC_REQUESTS a database that is down would be an error before the view.
for _alias in connections:
    health = transaction.non_atomic_requests(using=_alias)(health)
