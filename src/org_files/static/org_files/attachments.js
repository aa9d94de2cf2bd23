/* Files of forms. With the uploader of org_files.web they are sent ahead of the form; without it, an area
   takes dropped files for its input, and they go with the form. */

const language = document.documentElement.lang || undefined;

function asSize(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let step = 0;
  for (; bytes >= 1024 && step < units.length - 1; step += 1) bytes /= 1024;
  const options = {style: "unit", unit: units[step], maximumFractionDigits: step ? 1 : 0};
  return new Intl.NumberFormat(language, options).format(bytes);
}

class Drop {
  constructor(area) {
    this.area = area;
    this.input = area.querySelector('input[type="file"]');
    this.list = area.querySelector(".org-files-new");
    this.status = area.querySelector("[data-org-files-count]");
    this.files = [];
    this.input.addEventListener("change", () => this.add([...this.input.files]));
    area.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      area.dataset.dragging = "";
    });
    for (const type of ["dragleave", "drop"]) {
      area.addEventListener(type, () => delete area.dataset.dragging);
    }
    area.addEventListener("drop", (event) => {
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      this.add([...event.dataTransfer.files]);
    });
  }

  /** Add files to those that are chosen: of two choices of an input, only the second would count. */
  add(files) {
    this.set([...this.files, ...files.filter((file) => !this.files.includes(file))]);
  }

  set(files) {
    const chosen = new DataTransfer();
    for (const file of files) chosen.items.add(file);
    this.files = files;
    this.input.files = chosen.files;
    for (const img of this.list.querySelectorAll("img")) URL.revokeObjectURL(img.src);
    this.list.replaceChildren(...files.map((file) => this.row(file)));
    const {textCount} = this.area.dataset;
    this.status.textContent = files.length ? `${textCount} ${files.length}` : "";
  }

  row(file) {
    const item = document.createElement("li");
    if (file.type.startsWith("image/")) {
      const img = document.createElement("img");
      Object.assign(img, {src: URL.createObjectURL(file), alt: ""});
      item.append(img);
    }
    const size = document.createElement("small");
    size.textContent = asSize(file.size);
    const button = document.createElement("button");
    Object.assign(button, {type: "button", textContent: this.area.dataset.textRemove});
    button.setAttribute("aria-label", `${button.textContent}: ${file.name}`);
    button.addEventListener("click", () => {
      this.set(this.files.filter((each) => each !== file));
      this.input.focus();
    });
    item.append(document.createTextNode(file.name), size, button);
    return item;
  }
}

/** What an uploader has sent ahead of the form in which it stands: ids that go with the form. */
class FormUploads {
  #submitter = null;
  #isHeld = false;
  #before = null;

  constructor(uploader) {
    this.uploader = uploader;
    this.name = uploader.dataset.storedName;
    // Of one file, which a select names.
    this.select = this.name ? null : uploader.closest("[data-org-files-search]").querySelector("select");
    this.message = document.createElement("p");
    this.message.setAttribute("role", "alert");
    uploader.append(this.message);
    uploader.refusal = (file) => this.refusal(file);
    uploader.addEventListener("org-files-state", ({target: row}) => this.changed(row));
    uploader.addEventListener("org-files-uploaded", ({target: row, detail}) => this.stored(row, detail.url));
    uploader.addEventListener("org-files-dismissed", ({detail: row}) => this.dismissed(row));
    // Before other scripts send the form.
    uploader.form?.addEventListener("submit", (event) => this.submitted(event), {capture: true});
  }

  /** Return why a file is not accepted, or an empty text. The server knows more than a browser. */
  refusal({name, type, size}) {
    const {accept, maxSize, textType, textSize} = this.uploader.dataset;
    const fits = (each) => {
      if (each.startsWith(".")) return name.toLowerCase().endsWith(each.toLowerCase());
      return each.endsWith("/*") ? type.startsWith(each.slice(0, -1)) : each === type;
    };
    if (accept && type && !accept.split(",").some((each) => fits(each.trim()))) return textType;
    return maxSize && size > Number(maxSize) ? textSize : "";
  }

  changed(row) {
    if (row.file?.type.startsWith("image/") && !row.querySelector("img")) {
      const img = document.createElement("img");
      img.addEventListener("load", () => URL.revokeObjectURL(img.src));
      Object.assign(img, {src: URL.createObjectURL(row.file), alt: ""});
      row.prepend(img);
    }
    // It may be on its way already when this is heard.
    if (this.select && (row.state === "waiting" || row.state === "sending")) {
      for (const other of this.uploader.rows()) {
        if (other !== row && other.state !== "unfinished") this.drop(other);
      }
    }
    // The id of a file that is done comes next.
    setTimeout(() => this.release());
  }

  drop(row) {
    if (row.state === "done") row.discard();
    else if (row.state === "refused") row.dismiss();
    else row.cancel();
  }

  stored(row, url) {
    const id = new URL(url, location.href).pathname.split("/").filter(Boolean).pop();
    row.querySelector("a")?.setAttribute("target", "_blank");
    if (this.select) {
      this.#before = this.select.value;
      row.option = new Option(row.name, id, true, true);
      this.select.add(row.option);
      this.select.dispatchEvent(new CustomEvent("org-files-chosen", {bubbles: true}));
    } else {
      const input = document.createElement("input");
      Object.assign(input, {type: "hidden", name: this.name, value: id});
      row.closest("li").append(input);
    }
  }

  dismissed(row) {
    if (row.option?.selected) this.select.value = this.#before;
    row.option?.remove();
    this.release();
  }

  /** Return whether an upload is going on, or needs the reader. */
  get isBusy() {
    return this.uploader.rows().some(({state}) => state === "waiting" || state === "sending");
  }

  get isStuck() {
    return this.uploader.rows().some(({state}) => state === "paused" || state === "failed");
  }

  /** Keep the form back while files are not stored. */
  submitted(event) {
    if (!this.isBusy && !this.isStuck) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#isHeld = true;
    this.#submitter = event.submitter;
    this.release();
  }

  /** Send a form that was kept back, or tell why not. */
  release() {
    if (!this.isStuck) this.message.textContent = this.#isHeld ? this.uploader.dataset.textWait : "";
    if (!this.#isHeld || (this.isBusy && !this.isStuck)) return;
    this.#isHeld = false;
    if (this.isStuck) {
      this.message.textContent = this.uploader.dataset.textBlocked;
      this.message.scrollIntoView({block: "nearest"});
    } else {
      this.uploader.form.requestSubmit(this.#submitter);
    }
  }
}

for (const uploader of document.querySelectorAll("org-files-uploader[data-stored-name]:defined")) {
  new FormUploads(uploader);
}
for (const area of document.querySelectorAll("[data-org-files-drop]")) {
  if (!area.querySelector("org-files-uploader:defined")) new Drop(area);
}
