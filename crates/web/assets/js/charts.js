// Below each chart: its drawing as a file that looks the same by itself, and its figures for a spreadsheet.
function save(page, name, type, text) {
  const link = page.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

// What the page's styles make of a drawing, written into a copy of it: classes mean nothing outside of the page.
const STYLED = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "opacity",
  "font-family", "font-size", "font-weight", "text-anchor"];

function alone(drawing) {
  const copy = drawing.cloneNode(true);
  const places = [drawing, ...drawing.querySelectorAll("*")];
  const copies = [copy, ...copy.querySelectorAll("*")];
  places.forEach((place, at) => {
    const looks = getComputedStyle(place);
    for (const name of STYLED) {
      const value = looks.getPropertyValue(name);
      if (name === "fill" || (value && value !== "none")) copies[at].setAttribute(name, value);
    }
    copies[at].removeAttribute("class");
  });
  const ground = copy.ownerDocument.createElementNS(copy.namespaceURI, "rect");
  ground.setAttribute("width", "100%");
  ground.setAttribute("height", "100%");
  ground.setAttribute("fill", getComputedStyle(drawing.closest(".card") ?? document.body).backgroundColor);
  copy.insertBefore(ground, copy.firstChild);
  return new XMLSerializer().serializeToString(copy);
}

const cell = (text) => {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?[\d.,]+$/.test(text) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

const lines = (table) =>
  [...table.rows].map((row) => [...row.cells].map((place) => cell(place.textContent.trim())).join(",")).join("\n");

// Of a page, or of a part of it that came later.
export function charts(part) {
  const page = part.ownerDocument ?? part;
  for (const figure of part.querySelectorAll("figure.chart")) {
    const drawing = figure.querySelector("svg");
    const table = figure.querySelector("table");
    if (!drawing || !table) continue;
    const name = (drawing.querySelector("title")?.textContent ?? "chart").toLowerCase().replace(/[^a-z0-9]+/g, "-");
    const bar = page.createElement("p");
    bar.className = "row chart-files";
    const button = (label, act) => {
      const made = page.createElement("button");
      made.type = "button";
      made.className = "quiet";
      made.textContent = label;
      made.addEventListener("click", act);
      bar.append(made);
    };
    // The drawing that is shown: there is one for a desk and one for a phone.
    const shown = () => [...figure.querySelectorAll("svg")].find((one) => one.getBoundingClientRect().width > 0);
    button("Save drawing", () => save(page, `${name}.svg`, "image/svg+xml", alone(shown() ?? drawing)));
    button("Save figures", () => save(page, `${name}.csv`, "text/csv", `${lines(table)}\n`));
    figure.append(bar);
  }
}
