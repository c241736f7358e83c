// Figures of /me while they change. Pausing stops it; so does a page that nobody looks at. Announced at most every 10 s.
const SAID_EVERY_MS = 10_000;

function put(page, name, figure) {
  for (const place of page.querySelectorAll(`[data-live="${name}"] data`)) {
    place.textContent = figure.text;
    place.value = figure.value;
    place.title = figure.value;
  }
}

function show(page, figures) {
  for (const name of ["left", "used", "held"]) put(page, name, figures[name]);
  const bar = page.querySelector("[data-live-bar]");
  if (bar) {
    bar.value = figures.percent;
    bar.textContent = `${figures.percent} %`;
  }
}

export function live(page) {
  const button = page.querySelector("#live-pause");
  const said = page.querySelector("#live-said");
  if (!button || !said) return;
  let source = null;
  let saidAt = performance.now();
  let paused = false;

  const close = () => {
    source?.close();
    source = null;
  };
  const open = () => {
    if (paused || source || page.hidden) return;
    source = new EventSource("/me/live");
    source.addEventListener("message", (event) => {
      const figures = JSON.parse(event.data);
      show(page, figures);
      if (event.timeStamp - saidAt > SAID_EVERY_MS) {
        saidAt = event.timeStamp;
        said.textContent = `${figures.left.text} left`;
      }
    });
    // It ended by itself, or the session did: the button begins anew.
    source.addEventListener("error", () => {
      if (source?.readyState === EventSource.CLOSED || source?.readyState === EventSource.CONNECTING) pause(true);
    });
  };
  const pause = (now) => {
    paused = now;
    button.textContent = paused ? "Follow the figures" : "Pause the figures";
    button.setAttribute("aria-pressed", String(paused));
    if (paused) close();
    else open();
  };

  button.hidden = false;
  button.addEventListener("click", () => pause(!paused));
  page.addEventListener("visibilitychange", () => (page.hidden ? close() : open()));
  pause(false);
}
