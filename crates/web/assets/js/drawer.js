// What there is to know of one row, at the right of its list. The server writes it for `?…&open=ID`; here only the drawer is
// fetched, so that the list stays as it is. Enter on a row's link opens it, Escape closes it, j and k go from row to row.
import { charts } from "./charts.js";
import { isQuiet, isTyping } from "./keys.js";

const STEPS = { j: 1, k: -1 };
const SENT = "purser-drawer-sent";

export function drawers(page) {
  let asking = null;
  let listAt = null;
  const drawer = () => page.querySelector("#drawer");
  const rows = () => [...page.querySelectorAll("main a[data-open]")];
  const enter = () => page.querySelector("#drawer-title").focus();

  const put = (next, title) => {
    drawer()?.remove();
    if (next) page.querySelector(".columns").append(page.adoptNode(next));
    for (const link of rows()) {
      if (next && link.dataset.open === next.dataset.of) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    page.title = title;
    const back = page.querySelector(".theme input[name=back]");
    if (back) back.value = location.pathname + location.search;
  };

  const open = async (address, isNew) => {
    asking?.abort();
    asking = new AbortController();
    const load = () => (isNew ? location.assign(address) : location.reload());
    try {
      const answer = await fetch(address, { signal: asking.signal });
      const there = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = there.querySelector("#drawer");
      // Signed out meanwhile, or the list itself is refused: the server says so on a page.
      if (answer.redirected || !next) return load();
      if (!drawer()) listAt = scrollY;
      if (isNew) history.pushState(null, "", address);
      put(next, there.title);
      charts(next);
      enter();
    } catch (error) {
      if (error.name !== "AbortError") load();
    }
  };

  const close = (address) => {
    asking?.abort();
    const { of } = drawer().dataset;
    if (address) history.pushState(null, "", address.split("#")[0]);
    put(null, `${page.querySelector("h1").textContent} · Purser`);
    // Where there was no room for both, the list had no height.
    if (listAt !== null) scrollTo(0, listAt);
    const row = rows().find((link) => link.dataset.open === of);
    if (row) row.focus();
    else page.querySelector("#main").focus({ preventScroll: true });
  };

  page.addEventListener("click", (event) => {
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    const link = isPlain && !event.defaultPrevented && event.target.closest("a[data-open], a[data-close]");
    if (!link) return;
    event.preventDefault();
    if ("close" in link.dataset) close(link.href);
    else open(link.href, !link.hasAttribute("aria-current"));
  });

  page.addEventListener("keydown", (event) => {
    const closes = event.key === "Escape" && !event.isComposing && drawer() && !event.target.closest("dialog");
    if (closes) {
      // One key throws nothing away that somebody has typed: it leads out of the field first.
      if (isTyping(event.target)) enter();
      else close(drawer().querySelector("[data-close]").href);
    } else if (STEPS[event.key] && !isQuiet(event)) {
      const links = rows();
      const at = page.activeElement;
      const here = links.findIndex((link) =>
        drawer()?.contains(at) ? link.hasAttribute("aria-current") : link.closest("tr, li")?.contains(at));
      links[Math.min(Math.max(here + STEPS[event.key], 0), links.length - 1)]?.focus();
    }
  });

  window.addEventListener("popstate", () => {
    const wanted = new URLSearchParams(location.search).get("open");
    const shown = drawer()?.dataset.of ?? null;
    if (wanted === shown) return;
    if (wanted) open(location.href, false);
    else if (shown !== null) close(null);
  });

  // A form of the drawer loads the page anew: the list is where it was, and one goes on in the drawer.
  page.addEventListener("submit", (event) => {
    if (!event.target.closest("#drawer")) return;
    sessionStorage.setItem(SENT, String(scrollY));
  });
  const sent = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  if (sent !== null && drawer()) {
    scrollTo(0, Number(sent));
    enter();
  }
}
