/* Selects of stored files with a search by name: the list of files of the API fills the select. Where it
   does not answer, the form looks for the file when it is sent. */

const PAUSE = 300; // milliseconds after the last key
const SHOWN = 50;

class Chooser {
  #timer = 0;
  #asked = 0;

  constructor(box) {
    this.box = box;
    this.input = box.querySelector('input[type="search"]');
    this.name = this.input.name;
    this.select = box.querySelector("select");
    this.status = this.input.closest("label").nextElementSibling;
    this.hint = this.status.textContent;
    this.newest = [...this.select.options];
    this.rows = this.select.size;
    if (!this.input.value) this.status.textContent = "";
    this.input.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.find(), PAUSE);
    });
    this.input.addEventListener("keydown", (event) => {
      // Enter would send the form.
      if (event.key === "Enter") event.preventDefault();
    });
    for (const type of ["change", "org-files-chosen"]) {
      this.select.addEventListener(type, () => this.chosen());
    }
  }

  /** What was chosen counts, and not what is written in the search. */
  chosen() {
    clearTimeout(this.#timer);
    this.#asked += 1;
    this.input.value = this.status.textContent = "";
    this.select.size = this.rows;
  }

  async find() {
    const text = this.input.value.trim();
    const asked = ++this.#asked;
    if (!text) {
      this.show(this.newest);
      this.chosen();
      return;
    }
    const {url, organization, textFound} = this.box.dataset;
    const query = new URLSearchParams({search: text, page_size: SHOWN});
    if (organization) query.set("organization", organization);
    const answer = url && (await fetch(`${url}?${query}`, {headers: {Accept: "application/json"}}).catch(() => null));
    const found = answer?.ok ? await answer.json().catch(() => null) : null;
    if (asked !== this.#asked) return;
    // The select shows what was found, and what is chosen there counts.
    this.input.name = found ? "" : this.name;
    if (!found) {
      this.status.textContent = this.hint;
      return;
    }
    this.show(found.results.map((file) => this.option(file)));
    const {length} = found.results;
    this.status.textContent = `${textFound} ${length}${found.next ? "+" : ""}`;
    // As a list, whose rows are seen.
    this.select.size = Math.max(this.rows, Math.min(length + 1, 8));
  }

  option({id, name, resource}) {
    const isTaken = "ofNone" in this.box.dataset && resource;
    const option = new Option(isTaken ? `${name} (${this.box.dataset.textAttached})` : name, id);
    option.disabled = Boolean(isTaken);
    return option;
  }

  /** Fill the select, and keep what is chosen and the empty choice. */
  show(options) {
    const chosen = [...this.select.selectedOptions];
    const kept = [...this.select.options].filter((each) => chosen.includes(each) || each.value === "");
    const names = new Set(kept.map(({value}) => value));
    this.select.replaceChildren(...kept, ...options.filter(({value}) => !names.has(value)));
    // While rows are taken out of a select, it chooses others.
    for (const option of this.select.options) option.selected = chosen.includes(option);
  }
}

for (const box of document.querySelectorAll("[data-org-files-search]")) new Chooser(box);
