/* One upload in the list of an uploader: it sends a file by tus, and shows how far it is. */

const language = document.documentElement.lang || undefined;
const percent = new Intl.NumberFormat(language, {style: "percent"});
const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

const CHUNK_SIZE = 16 * 1024 * 1024;
const RETRY_DELAYS = [0, 1000, 3000, 5000, 10000, 20000];
// 0: no answer. 409: another request writes to the session, or did until now.
const PASSING = [0, 409, 429, 502, 503, 504];

function withUnit(number, unit, options) {
  const format = new Intl.NumberFormat(language, {style: "unit", unit, ...options});
  return format.format(number);
}

function asSize(bytes) {
  let step = 0;
  for (; bytes >= 1024 && step < SIZES.length - 1; step += 1) bytes /= 1024;
  return withUnit(bytes, SIZES[step], {maximumFractionDigits: step && bytes < 100 ? 1 : 0});
}

function asDuration(seconds) {
  const options = {unitDisplay: "long", maximumFractionDigits: seconds < 5400 ? 0 : 1};
  if (seconds < 90) return withUnit(Math.ceil(seconds), "second", options);
  if (seconds < 5400) return withUnit(seconds / 60, "minute", options);
  return withUnit(seconds / 3600, "hour", options);
}

let bundle;

/** Return tus-js-client. Its bundle defines a global, which is taken away again. */
function loadTus(url) {
  bundle ??= (async () => {
    const before = Object.getOwnPropertyDescriptor(window, "tus");
    await import(url);
    const {tus} = window;
    delete window.tus;
    if (before) Object.defineProperty(window, "tus", before);
    return tus;
  })();
  bundle.catch(() => (bundle = undefined));
  return bundle;
}

/** Return the sentences of an error: its `detail`, or messages by field. */
function sentences(body) {
  try {
    const {detail, code, ...fields} = JSON.parse(body);
    return [detail ?? Object.values(fields)].flat(Infinity).join(" ");
  } catch {
    return "";
  }
}

/** A row of the list. Its state is waiting, sending, paused, failed, done, refused, or unfinished: begun
    on a page that was left, so that its file has to be chosen again. */
class Upload extends HTMLElement {
  #tus = null;
  #entry = null;
  #expires = null;
  #status = 0;
  #samples = [];
  #shown = 0;

  /** Show `file`, or an unfinished upload by its `entry` in the storage. With a `refusal`, which says
      why it is not accepted, it is not sent. */
  begin(file, fields, entry = null, refusal = "") {
    this.file = file;
    this.fields = fields;
    this.#entry = entry;
    this.name = file?.name ?? entry.metadata.filename;
    this.querySelector(".of-upload-name").textContent = this.name;
    this.bar.setAttribute("aria-label", this.name);
    for (const button of this.querySelectorAll("button")) {
      button.setAttribute("aria-label", `${button.textContent.trim()}: ${this.name}`);
      button.addEventListener("click", () => this[button.dataset.action]());
    }
    if (!file) {
      this.bar.value = (entry.offset ?? 0) / (entry.size || 1);
      this.say("unfinished", {percent: percent.format(this.bar.value), total: asSize(entry.size)});
    }
    if (refusal) this.say(refusal);
    this.state = refusal ? "refused" : file ? "waiting" : "unfinished";
  }

  get uploader() {
    return this.closest("org-files-uploader");
  }

  get bar() {
    return this.querySelector("progress");
  }

  get state() {
    return this.dataset.state;
  }

  set state(state) {
    const hadFocus = this.contains(document.activeElement);
    this.dataset.state = state;
    for (const button of this.querySelectorAll("button")) {
      button.hidden = !button.dataset.states.split(" ").includes(state);
    }
    if (state === "waiting" || state === "paused" || state === "done") this.say(state);
    if (hadFocus) this.querySelector("button:not([hidden])")?.focus();
    this.dispatchEvent(new CustomEvent("org-files-state", {bubbles: true}));
  }

  /** Show a text of the template with values for the names in braces, or another text. */
  say(name, values = {}) {
    const text = this.uploader.texts[name] ?? name;
    const filled = text.replaceAll(/\{(\w+)\}/g, (all, key) => values[key] ?? all);
    this.querySelector(".of-upload-status").textContent = filled;
  }

  async send() {
    this.state = "sending";
    this.say("starting");
    this.#samples = [];
    const {uploader, file, fields} = this;
    try {
      // The reader may have logged in again since the page was loaded.
      if (this.#status === 401 || this.#status === 403) await uploader.renewToken();
      const tus = await loadTus(uploader.parts.dataset.tus);
      this.#entry ??= uploader.unfinished.find(file, fields);
      // A new one for each attempt: it counts the retries.
      this.#tus = new tus.Upload(file, {
        endpoint: uploader.endpoint,
        headers: uploader.headers,
        metadata: {...fields, filename: file.name},
        chunkSize: CHUNK_SIZE,
        retryDelays: RETRY_DELAYS,
        removeFingerprintOnSuccess: true,
        fingerprint: async () => uploader.unfinished.keyOf(file, fields),
        urlStorage: {
          addUpload: async (key, entry) => this.#keep(key, entry),
          removeUpload: async () => this.#forget(),
        },
        onAfterResponse: (request, response) => {
          this.#status = response.getStatus();
          this.#expires = response.getHeader("Upload-Expires") ?? this.#expires;
        },
        onShouldRetry: ({originalResponse: response}) => {
          const mayPass = navigator.onLine && PASSING.includes(response?.getStatus() ?? 0);
          if (mayPass) this.say("retrying");
          return mayPass;
        },
        onProgress: (sent, total) => this.#progressed(sent, total),
        onSuccess: ({lastResponse}) => this.#succeeded(lastResponse),
        onError: (error) => this.#failed(error),
      });
      if (this.#entry) this.#tus.resumeFromPreviousUpload(this.#entry);
      // It may have been paused or cancelled meanwhile.
      if (this.state === "sending") this.#tus.start();
    } catch {
      this.#fail("failed");
    }
  }

  #keep(key, entry) {
    this.#entry = this.uploader.unfinished.add(key, {...entry, expires: this.#expires});
    return this.#entry.urlStorageKey;
  }

  #forget() {
    // After a log-out the session is there, but hidden.
    if (this.#status === 401 || !this.#entry) return;
    this.uploader.unfinished.remove(this.#entry);
    this.#entry = null;
  }

  /** Keep values for a page that is loaded later. */
  remember(values) {
    if (this.#entry) this.uploader?.unfinished.update(this.#entry, values);
  }

  #progressed(sent, total) {
    const now = performance.now();
    this.#samples.push([now, sent]);
    while (this.#samples.length > 2 && now - this.#samples[0][0] > 5000) this.#samples.shift();
    if (this.state !== "sending" || (now - this.#shown < 250 && sent < total)) return;
    this.#shown = now;
    const [began, first] = this.#samples[0];
    const speed = ((sent - first) * 1000) / (now - began || 1);
    this.bar.value = total ? sent / total : 1;
    this.say(speed > 0 ? "sending" : "sent", {
      done: asSize(sent),
      total: asSize(total),
      speed: asSize(speed),
      left: asDuration((total - sent) / speed),
    });
    this.remember({offset: sent, seen: Date.now()});
  }

  #succeeded(response) {
    this.bar.value = 1;
    const url = response?.getHeader("Org-Files-Location");
    this.url = url && new URL(url, this.uploader.endpoint).href;
    if (url) {
      const link = document.createElement("a");
      link.href = url;
      link.textContent = this.name;
      this.querySelector(".of-upload-name").replaceChildren(link);
    }
    this.state = "done";
    const detail = {name: this.name, url};
    this.dispatchEvent(new CustomEvent("org-files-uploaded", {bubbles: true, detail}));
  }

  #failed({originalResponse: response}) {
    this.#status = response?.getStatus() ?? 0;
    if (this.#status === 401) this.#fail("login");
    else if (this.#status) this.#fail(sentences(response.getBody()) || "failed");
    else this.#fail(navigator.onLine ? "failed" : "offline");
  }

  #fail(text) {
    this.say(text);
    this.remember({seen: 0});
    this.state = "failed";
  }

  /** Whether it failed because no answer came, which may change. */
  get isCut() {
    return this.state === "failed" && this.#status === 0;
  }

  /* The buttons, by their data-action */

  async pause() {
    this.state = "paused";
    await this.#tus?.abort();
    this.remember({seen: 0});
  }

  resume() {
    this.state = "waiting";
  }

  /** End the upload, and its session on the server. */
  async cancel() {
    const {uploader} = this;
    this.dataset.state = "cancelled";
    await this.#tus?.abort();
    if (this.#entry) uploader.unfinished.end(this.#entry, uploader);
    this.dismiss(uploader);
  }

  /** Take the upload off the list. */
  dismiss(uploader = this.uploader) {
    const item = this.closest("li");
    const hadFocus = this.contains(document.activeElement);
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    if (hadFocus) (next?.querySelector("button:not([hidden])") ?? uploader.input).focus();
    uploader.changed();
    uploader.dispatchEvent(new CustomEvent("org-files-dismissed", {detail: this}));
  }

  /** Move the stored file to the trash. */
  discard() {
    const {uploader, url} = this;
    this.dismiss();
    const options = {method: "POST", headers: uploader.headers, redirect: "manual", keepalive: true};
    fetch(new URL("trash/", url), options).catch(() => {});
  }

  /** Ask for the file of an unfinished upload. */
  choose() {
    const input = document.createElement("input");
    input.type = "file";
    input.addEventListener("change", () => this.take(input.files[0]) || this.say("other"));
    input.click();
  }

  /** Go on with `file` if it is that of an unfinished upload; return whether it is. */
  take(file) {
    const {filename, ...fields} = this.#entry?.metadata ?? {};
    const key = this.uploader.unfinished.keyOf(file, fields);
    if (this.state !== "unfinished" || !this.#entry.urlStorageKey.startsWith(key)) return false;
    this.file = file;
    this.fields = fields;
    this.state = "waiting";
    return true;
  }
}

if (!customElements.get("org-files-upload")) customElements.define("org-files-upload", Upload);
