"""The example site with pages that open tickets, and addresses that replace commands."""

import datetime
import io
import json

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.http import HttpResponse, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from rest_framework_simplejwt.tokens import AccessToken

from org_files import get_organization_model
from org_files.models import Membership, Subscription, Tier
from tests.live.visitor import PASSWORD

PAGE = """<!doctype html>
<title>Tickets</title>
<video id="bare" muted></video>
<video id="video" muted playsinline></video>
<a id="link">Download</a>
<script>
const {token, movie, letter, report} = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const found = {events: []};

async function ticket(id) {
  const answer = await fetch(`/api/files/${id}/ticket/`, {
    method: "POST",
    credentials: "omit",
    headers: {"Authorization": `Bearer ${token}`, "Content-Type": "application/json"},
    body: "{}",
  });
  if (!answer.ok) throw new Error(`ticket: ${answer.status}`);
  return (await answer.json()).url;
}

function event(element, name) {
  return new Promise((resolve, reject) => {
    element.addEventListener(name, () => { found.events.push(name); resolve(); }, {once: true});
    if (name !== "error") {
      element.addEventListener("error", () => reject(new Error(element.error.message)));
    }
  });
}

async function run() {
  const bare = document.getElementById("bare");
  bare.src = `/api/files/${movie}/content/`;
  await event(bare, "error");

  const video = document.getElementById("video");
  const events = ["loadedmetadata", "canplay", "ended"].map((name) => event(video, name));
  video.src = await ticket(movie);
  await Promise.all(events.slice(0, 2));
  await video.play();
  await events[2];
  Object.assign(found, {
    width: video.videoWidth,
    height: video.videoHeight,
    duration: video.duration,
    cookies: document.cookie,
  });
  const seeked = event(video, "seeked");
  video.currentTime = 0.5;
  await seeked;

  const link = document.getElementById("link");
  link.href = await ticket(letter);
  link.click();
}

run().catch((error) => { found.error = String(error); }).finally(() =>
  fetch(report, {method: "POST", mode: "no-cors", body: JSON.stringify(found)}));
</script>
"""


OPENER = """<!doctype html>
<title>Tickets, opened</title>
<script>
const {inert, media, control, report} = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const found = {};

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

// A film or a sound begins by itself in a window of its own.
async function played(url) {
  const opened = open(url);
  for (let turn = 0; turn < 200; turn++) {
    const media = opened.document?.querySelector("video");
    if (media?.error) throw new Error(media.error.message);
    if (media?.ended) return [media.ended, media.duration];
    await sleep(100);
  }
  throw new Error(`not played: ${url}`);
}

async function run() {
  inert.forEach((url) => open(url));
  found.played = [];
  for (const url of media) found.played.push(await played(url));
  open(control);
  await sleep(2000);
}

run().catch((error) => { found.error = String(error); }).finally(() =>
  fetch(report, {method: "POST", mode: "no-cors", body: JSON.stringify(found)}));
</script>
"""

SAVER = """<!doctype html>
<title>Downloads</title>
<script>
const {token, steps, report} = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const found = {};

// Each is a window of its own, which closes when it turns out to be a download.
const actions = {
  open(url) {
    open(url);
  },

  async submit([url, password]) {
    const opened = open(url);
    const loaded = () => opened.document?.querySelector("form button");
    for (let turn = 0; turn < 100 && !loaded(); turn++) await pause(50);
    if (password) opened.document.querySelector("input").value = password;
    loaded().click();
  },

  async rename([id, name]) {
    const headers = {"Authorization": `Bearer ${token}`, "Content-Type": "application/json"};
    const body = JSON.stringify({name});
    const answer = await fetch(`/api/files/${id}/`, {method: "PATCH", headers, body});
    if (!answer.ok) throw new Error(`rename: ${answer.status}`);
  },

  pause(milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  },
};
const {pause} = actions;

async function run() {
  for (const [action, value] of steps) await actions[action](value);
}

run().catch((error) => { found.error = String(error); }).finally(() =>
  fetch(report, {method: "POST", mode: "no-cors", body: JSON.stringify(found)}));
</script>
"""

CONTROL = """<svg xmlns="http://www.w3.org/2000/svg">
<script>location.replace(new URL(location).searchParams.get("to"))</script></svg>
"""


def page(text, content_type="text/html"):
    # In place of the site's policy, under which scripts are files.
    policy = {"Content-Security-Policy": "script-src 'unsafe-inline'"}
    return lambda request: HttpResponse(text, content_type=content_type, headers=policy)


@csrf_exempt
def people(request):
    """Create users; answer with a token of each. One without an organization is a superuser."""
    password, tokens = make_password(PASSWORD), []
    for email, name, tier, role in json.loads(request.body):
        rights = {} if name else {"is_staff": True, "is_superuser": True}
        user = get_user_model()(email=email, password=password, **rights)
        user.save()
        if name:
            manager = get_organization_model()._default_manager
            organization, _ = manager.get_or_create(name=name)
            Membership.objects.create(user=user, organization=organization, role=role)
        if tier:
            tier = Tier.objects.get(name=tier)
            Subscription.objects.create(organization=organization, tier=tier)
        token = AccessToken.for_user(user)
        token.set_exp(lifetime=datetime.timedelta(days=1))
        tokens.append(str(token))
    return JsonResponse(tokens, safe=False)


@csrf_exempt
def manage(request):
    written = io.StringIO()
    call_command(*json.loads(request.body), stdout=written)
    return HttpResponse(written.getvalue())


urlpatterns = [
    path("people/", people),
    path("manage/", manage),
    path("player/", page(PAGE)),
    path("opener/", page(OPENER)),
    path("saver/", page(SAVER)),
    path("control/", page(CONTROL, "image/svg+xml")),
    path("", include("example.urls")),
]
