// Ctrl-K (or ⌘-K): every page and shortcut by its words, in a dialog. Enter goes to the first, or asks the search.
export function palette(page) {
  const links = [...page.querySelectorAll("nav.areas a, nav.tabs a, .who a")].filter(
    (link, at, all) => all.findIndex((other) => other.href === link.href) === at,
  );
  if (links.length === 0) return;
  let dialog = null;

  const build = () => {
    dialog = page.createElement("dialog");
    dialog.className = "palette";
    dialog.setAttribute("aria-label", "Go to a page, or search");
    const form = page.createElement("form");
    form.method = "get";
    form.action = "/search";
    const label = page.createElement("label");
    label.htmlFor = "palette-q";
    label.textContent = "Go to";
    const field = page.createElement("input");
    field.id = "palette-q";
    field.name = "q";
    field.type = "search";
    field.autocomplete = "off";
    const list = page.createElement("ul");
    for (const link of links) {
      const place = page.createElement("li");
      const to = page.createElement("a");
      to.href = link.href;
      to.textContent = link.textContent;
      place.append(to);
      list.append(place);
    }
    form.append(label, field, list);
    dialog.append(form);
    page.body.append(dialog);

    const shown = () => [...list.children].filter((place) => !place.hidden);
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      for (const place of list.children) place.hidden = !place.textContent.toLowerCase().includes(wanted);
    });
    form.addEventListener("submit", (event) => {
      const [first] = shown();
      if (!first || field.value.trim() === "") return;
      event.preventDefault();
      first.querySelector("a").click();
    });
    dialog.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const places = [field, ...shown().map((place) => place.querySelector("a"))];
      const at = places.indexOf(page.activeElement);
      places.at((at + step + places.length) % places.length).focus();
    });
  };

  page.addEventListener("keydown", (event) => {
    if (event.key !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (!dialog) build();
    if (dialog.open) {
      dialog.close();
      return;
    }
    dialog.querySelector("input").value = "";
    for (const place of dialog.querySelectorAll("li")) place.hidden = false;
    dialog.showModal();
    dialog.querySelector("input").focus();
  });
}
