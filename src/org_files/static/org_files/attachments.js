/* Areas of forms that take dropped files, for the input of files in them. The files go with the form. */

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
    this.list = area.querySelector("ul");
    this.status = area.querySelector('[role="status"]');
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

for (const area of document.querySelectorAll("[data-org-files-drop]")) new Drop(area);
