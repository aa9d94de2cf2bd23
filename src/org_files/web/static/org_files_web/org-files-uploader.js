/* <org-files-uploader endpoint="...">: a form of files whose uploads are resumable, by button, drag and
   drop, or paste. Its parts are those of uploader_parts.html. Each file that was stored is told by an
   event "org-files-uploaded" with {name, url} as its detail. It may stand in another form, whose fields
   and submission are not its own: fields of files are then its inputs with data-of-field. */

const PARALLEL = 3;
// Milliseconds without a sign of life after which no other tab works on an upload.
const ABANDONED = 10_000;
// What file managers put into folders.
const IGNORED = [".DS_Store", "Thumbs.db", "desktop.ini"];

/** The unfinished uploads of one user at one endpoint, in localStorage. */
class Unfinished {
  constructor(scope) {
    this.prefix = `org-files:upload:${scope}:`;
  }

  /** Return the entries that no page works on, without those that are over. */
  entries(prefix = this.prefix) {
    const found = [];
    try {
      for (const key of Object.keys(localStorage).filter((each) => each.startsWith(prefix))) {
        const entry = {...JSON.parse(localStorage.getItem(key)), urlStorageKey: key};
        if (Date.parse(entry.expires) < Date.now()) localStorage.removeItem(key);
        else if (Date.now() - entry.seen > ABANDONED) found.push(entry);
      }
    } catch {
      // Without the storage, an upload ends with its page.
    }
    return found.sort((one, other) => Date.parse(one.creationTime) - Date.parse(other.creationTime));
  }

  /** Return the beginning of the key of a file: the same one, to the same place. */
  keyOf({name, size, type, lastModified}, {organization = ""}) {
    const parts = [organization, name, size, type, lastModified];
    return `${this.prefix}${encodeURIComponent(JSON.stringify(parts))}:`;
  }

  find(file, fields) {
    return this.entries(this.keyOf(file, fields))[0] ?? null;
  }

  add(beginning, entry) {
    const added = {...entry, urlStorageKey: beginning + Math.random().toString(36).slice(2)};
    this.update(added, {seen: Date.now()});
    return added;
  }

  update(entry, values) {
    Object.assign(entry, values);
    try {
      localStorage.setItem(entry.urlStorageKey, JSON.stringify(entry));
    } catch {
      // Full, or not allowed.
    }
  }

  remove(entry) {
    try {
      localStorage.removeItem(entry.urlStorageKey);
    } catch {
      // Not allowed.
    }
  }

  /** Remove an entry, and its session on the server. Without an answer that ends by itself. */
  end(entry, {endpoint, headers}) {
    this.remove(entry);
    const options = {method: "DELETE", headers: {...headers, "Tus-Resumable": "1.0.0"}};
    fetch(new URL(entry.uploadUrl, endpoint), options).catch(() => {});
  }
}

/** Yield the files of dropped entries, those in folders too. */
async function* filesIn(entries) {
  for (const entry of entries) {
    if (entry.isFile) {
      yield await new Promise((resolve, reject) => entry.file(resolve, reject));
    } else {
      const reader = entry.createReader();
      for (;;) {
        // It returns some at a time.
        const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (!some.length) break;
        yield* filesIn(some.filter(({name}) => !IGNORED.includes(name)));
      }
    }
  }
}

/** Return a pasted file. Browsers name all pictures alike. */
function named(file, word) {
  if (!/^image\.\w+$/.test(file.name)) return file;
  const now = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString();
  const name = `${word} ${now.slice(0, 19).replace("T", " ").replaceAll(":", "-")}`;
  return new File([file], name + file.name.slice(5), {type: file.type});
}

/** Return the page of the address, as it is now. */
async function loadPage() {
  const answer = await fetch(location.href, {headers: {Accept: "text/html"}});
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

class Uploader extends HTMLElement {
  #stored = 0;
  #said = null;

  connectedCallback() {
    if (this.parts) return;
    const own = this.querySelector("form");
    this.input = this.querySelector('input[type="file"]');
    // An input knows its form, whatever the names of other fields.
    this.form = own ?? this.input.form;
    this.isInside = !own;
    this.parts = this.querySelector(".of-uploads");
    this.list = this.parts.querySelector("ul");
    this.endpoint = new URL(this.getAttribute("endpoint"), location.href).href;
    this.unfinished = new Unfinished(`${this.parts.dataset.user}:${this.endpoint}${this.place}`);
    this.texts = Object.fromEntries(
      Object.entries(this.parts.dataset)
        .filter(([key]) => key.startsWith("text"))
        .map(([key, text]) => [key.slice(4).toLowerCase(), text]),
    );
    this.#listen();
    for (const entry of this.unfinished.entries()) this.#row().begin(null, null, entry);
    this.changed();
  }

  #listen() {
    const choose = () => {
      this.add([...this.input.files]);
      this.input.value = "";
    };
    this.input.addEventListener("change", choose);
    if (!this.isInside) this.#takeForm(choose);
    const page = this.closest(".of-page");
    const isAlone = page?.querySelectorAll("org-files-uploader").length === 1;
    this.#takeDrops(isAlone ? page : this.closest("[data-org-files-drop]") ?? this);
    document.addEventListener("paste", (event) => {
      const isText = event.target.closest("input:not([type=checkbox], [type=file]), textarea");
      if (isText || !(isAlone || this.contains(event.target))) return;
      this.add([...event.clipboardData.files].map((file) => named(file, this.texts.pasted)));
    });
    this.addEventListener("org-files-state", () => this.changed());
    window.addEventListener("online", () => this.rows("failed").forEach((row) => row.isCut && row.resume()));
    window.addEventListener("pagehide", () => this.rows().forEach((row) => row.remember({seen: 0})));
  }

  /** Make the form of the element that of the script: files are sent as soon as they are chosen. */
  #takeForm(choose) {
    for (const plain of this.form.querySelectorAll("button:not([type]), [data-of-plain]")) {
      plain.hidden = true;
    }
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      choose();
    });
    this.input.after(this.parts.querySelector(".of-uploads-more"));
    const folder = this.querySelector("[data-of-folder]");
    folder.hidden = !("webkitdirectory" in this.input);
    folder.addEventListener("click", () => this.#chooseFolder());
  }

  #takeDrops(zone) {
    let timer;
    zone.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      this.dataset.dragging = "";
      clearTimeout(timer);
      timer = setTimeout(() => delete this.dataset.dragging, 500);
    });
    zone.addEventListener("drop", async (event) => {
      const items = [...event.dataTransfer.items].filter(({kind}) => kind === "file");
      if (!items.length) return;
      event.preventDefault();
      delete this.dataset.dragging;
      const entries = items.map((item) => item.webkitGetAsEntry()).filter(Boolean);
      // Of some sources there are files alone.
      if (!entries.length) return this.add([...event.dataTransfer.files]);
      for await (const file of filesIn(entries)) this.add([file]);
    });
  }

  #chooseFolder() {
    const input = document.createElement("input");
    Object.assign(input, {type: "file", webkitdirectory: true});
    input.addEventListener("change", () => {
      this.add([...input.files].filter(({name}) => !IGNORED.includes(name)));
    });
    input.click();
  }

  /** The object of the site that the files are attached to, which has unfinished uploads of its own. */
  get place() {
    const fields = ["resource", "resource_id"].map((name) => this.querySelector(`[name="${name}"]`)?.value);
    const place = this.isInside ? [location.pathname, this.input.name] : fields;
    return place[0] ? `#${encodeURIComponent(JSON.stringify(place))}` : "";
  }

  get token() {
    return this.form?.querySelector('[name="csrfmiddlewaretoken"]')?.value ?? "";
  }

  get headers() {
    return {"X-CSRFToken": this.token};
  }

  /** Fetch the CSRF token of the present session, for every form of the page. */
  async renewToken() {
    const which = 'input[name="csrfmiddlewaretoken"]';
    const fresh = (await loadPage()).querySelector(which);
    for (const field of document.querySelectorAll(which)) field.value = fresh?.value ?? field.value;
  }

  /** The fields that go with each file. */
  get fields() {
    const found = {};
    for (const field of this.querySelectorAll("input, select, textarea")) {
      const {type, value, checked, disabled} = field;
      const name = this.isInside ? field.dataset.ofField : field.name;
      const isLeftOut = type === "file" || name === "csrfmiddlewaretoken" || name === "next";
      if (!name || !value || disabled || isLeftOut) continue;
      if (checked || (type !== "checkbox" && type !== "radio")) found[name] = value;
    }
    return found;
  }

  rows(state = null) {
    const found = [...this.list.querySelectorAll("org-files-upload")];
    return state ? found.filter((row) => row.state === state) : found;
  }

  #row() {
    const item = this.parts.querySelector("template").content.firstElementChild.cloneNode(true);
    this.list.append(item);
    const row = item.querySelector("org-files-upload");
    customElements.upgrade(row);
    return row;
  }

  /** Upload `files` with the fields of the form, or go on with those that were begun. */
  add(files) {
    const {fields} = this;
    for (const file of files) {
      if (!this.rows("unfinished").some((row) => row.take(file))) {
        this.#row().begin(file, fields, null, this.refusal(file));
      }
    }
  }

  /** Return why a file is not to be sent, or an empty text. Scripts of pages may replace this. */
  refusal(_file) {
    return "";
  }

  /** Begin the uploads that may begin, tell how many are done, and refresh the page after the last. */
  changed() {
    for (;;) {
      const [next] = this.rows("waiting");
      if (!next || this.rows("sending").length >= PARALLEL) break;
      next.send();
    }
    const stored = this.rows("done").length;
    const isBusy = this.rows("sending").length > 0;
    // Not at each file of many.
    clearTimeout(this.#said);
    this.#said = setTimeout(() => this.#tell(), isBusy ? 3000 : 300);
    if (stored > this.#stored && !isBusy && !this.isInside) this.#refresh();
    if (!isBusy) this.#stored = stored;
  }

  #tell() {
    const [done, failed] = [this.rows("done").length, this.rows("failed").length];
    const all = this.rows().length - this.rows("unfinished").length;
    const text = failed ? this.texts.summaryfailed : this.texts.summary;
    const values = {done, failed, all};
    const said = all ? text.replaceAll(/\{(\w+)\}/g, (_all, key) => values[key]) : "";
    const status = this.parts.querySelector('[role="status"]');
    if (status.textContent !== said) status.textContent = said;
  }

  /** Replace the parts of the page that are marked by data-of-refresh and have an id. */
  async #refresh() {
    const page = await loadPage().catch(() => null);
    for (const part of document.querySelectorAll("[data-of-refresh][id]")) {
      const fresh = page?.getElementById(part.id);
      // A part that the reader works in stays as it is.
      if (!fresh || part.contains(document.activeElement) || part.querySelector("input:checked")) continue;
      part.replaceWith(document.adoptNode(fresh));
    }
    document.dispatchEvent(new CustomEvent("org-files-refreshed"));
  }
}

if (!customElements.get("org-files-uploader")) {
  customElements.define("org-files-uploader", Uploader);
}
