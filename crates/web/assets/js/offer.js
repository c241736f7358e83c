// The editor of an offer: sliders beside its amounts, and what it would mean as they move. The server reckons; without this the
// button "Show what this means" does the same.
const WAIT_MS = 150;

// A round number above twice what is there, so that there is room to move.
const most = (value) => {
  const wanted = Math.max(100, value * 2);
  const step = 10 ** Math.floor(Math.log10(wanted));
  return Math.ceil(wanted / step) * step;
};

const amount = (input) => Number(input.value.replaceAll(",", "")) || 0;

function slider(input, moved) {
  const range = document.createElement("input");
  const top = most(amount(input));
  Object.assign(range, { type: "range", min: "0", max: String(top), step: String(top / 200) });
  range.setAttribute("aria-label", `${input.labels[0]?.firstChild?.textContent.trim()}, by slider`);
  range.value = String(amount(input));
  range.addEventListener("input", () => {
    input.value = range.value;
    moved();
  });
  input.addEventListener("input", () => {
    range.value = String(amount(input));
  });
  input.after(range);
}

export function offerEditor(page) {
  const form = page.querySelector("#offer");
  if (!form) return;
  let [waiting, asking] = [0, null];
  const show = async () => {
    asking?.abort();
    asking = new AbortController();
    const fields = new URLSearchParams(new FormData(form));
    fields.set("show", "yes");
    try {
      const answer = await fetch(form.action, { method: "POST", body: fields, signal: asking.signal });
      if (!answer.ok) return;
      const there = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#meaning");
      const here = page.querySelector("#meaning");
      if (there && here) here.replaceChildren(...there.childNodes);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };
  const moved = () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, WAIT_MS);
  };
  for (const input of form.querySelectorAll("[data-slides]")) slider(input, moved);
  form.addEventListener("input", moved);
}
