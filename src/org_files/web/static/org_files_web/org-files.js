/* Pages of org_files: enhancements of what works without them.

   Times in the reader's zone, menus that close, selections, and texts to copy. The modules import
   nothing, so that they work under any name that a storage of static files gives them. */

const language = document.documentElement.lang || undefined;
const asMoment = new Intl.DateTimeFormat(language, {dateStyle: "medium", timeStyle: "short"});
const asWhole = new Intl.DateTimeFormat(language, {dateStyle: "full", timeStyle: "long"});

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** Return the time that is left until `moment`, in the largest unit that it has two of. */
function distance(moment) {
  const seconds = Math.max(0, Math.round((moment - Date.now()) / 1000));
  const [unit, size] = UNITS.find(([, each]) => seconds >= 2 * each) ?? ["second", 1];
  const format = new Intl.NumberFormat(language, {style: "unit", unit, unitDisplay: "long"});
  return format.format(Math.trunc(seconds / size));
}

/** Show times in the reader's zone. Days without a time stay as they are.

    `<time data-left>` counts down to its moment. */
function showTimes(which = "") {
  for (const time of document.querySelectorAll(`.org-files time[datetime*="T"]${which}`)) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.valueOf())) continue;
    const text = "left" in time.dataset ? distance(moment) : asMoment.format(moment);
    if (time.textContent !== text) time.textContent = text;
    time.title = asWhole.format(moment);
  }
}

showTimes();
// A hidden page waits.
setInterval(() => document.hidden || showTimes("[data-left]"), 1000);
document.addEventListener("org-files-refreshed", () => showTimes());

/* Menus close when something else is clicked or focused, and by Escape. */

function closeMenus(keep) {
  for (const menu of document.querySelectorAll(".org-files .of-menu[open]")) {
    if (!menu.contains(keep)) menu.open = false;
  }
}

document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("focusin", (event) => closeMenus(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest?.(".of-menu[open]");
  closeMenus(null);
  menu?.querySelector("summary").focus();
});

function define(name, element) {
  if (!customElements.get(name)) customElements.define(name, element);
}

/** Checkboxes of rows: one that chooses all, a count, and buttons that need a choice.

    `<a data-of-all>`, which without a script loads the page with all chosen, chooses all or none;
    `<output data-of-count="{count} selected">` shows the count; `data-of-needs-choice` marks a
    button. With the shift key, a click chooses all rows from the last one clicked. */
define("org-files-selection", class extends HTMLElement {
  #last = null;

  connectedCallback() {
    this.addEventListener("click", this);
    this.addEventListener("change", () => this.update());
    this.update();
  }

  get boxes() {
    return [...this.querySelectorAll('input[type="checkbox"][name="id"]')];
  }

  handleEvent(event) {
    const {target, shiftKey} = event;
    const boxes = this.boxes;
    if (target.closest("[data-of-all]")) {
      event.preventDefault();
      const isAny = boxes.some((box) => !box.checked);
      for (const box of boxes) box.checked = isAny;
      this.update();
    } else if (boxes.includes(target)) {
      const from = boxes.indexOf(this.#last);
      if (shiftKey && from >= 0) {
        const [first, last] = [from, boxes.indexOf(target)].sort((one, other) => one - other);
        for (const box of boxes.slice(first, last + 1)) box.checked = target.checked;
      }
      this.#last = target;
    }
  }

  update() {
    const count = this.boxes.filter((box) => box.checked).length;
    for (const output of this.querySelectorAll("[data-of-count]")) {
      output.textContent = count ? output.dataset.ofCount.replace("{count}", count) : "";
    }
    for (const button of this.querySelectorAll("[data-of-needs-choice]")) button.disabled = !count;
  }
});

/** A text in a field, with a button that copies it: `<org-files-copy label="Copy" done="Copied">`. */
define("org-files-copy", class extends HTMLElement {
  connectedCallback() {
    const field = this.querySelector("input, textarea");
    if (!field || this.querySelector("button")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "of-button";
    button.textContent = this.getAttribute("label");
    const status = document.createElement("span");
    status.className = "of-visually-hidden";
    status.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
      } catch {
        // Pages without HTTPS have no clipboard.
        document.execCommand("copy");
      }
      status.textContent = button.textContent = this.getAttribute("done");
      setTimeout(() => {
        button.textContent = this.getAttribute("label");
        status.textContent = "";
      }, 2000);
    });
    this.append(button, status);
  }
});
