// Single-key shortcuts, off where somebody switched them off (WCAG 2.1.4): the switch is on the account page.
const OFF = "purser-keys-off";
const GO = { b: "/me", r: "/me/runs", t: "/team", a: "/approvals" };
const WITHIN_MS = 1500;

export const isTyping = (target) =>
  target.closest("input, textarea, select, [contenteditable]") !== null;

// Is a key no shortcut: with others, into a field, or switched off?
export const isQuiet = (event) =>
  event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target) || localStorage.getItem(OFF) === "yes";

export function shortcuts(page) {
  const box = page.querySelector("#keys-off");
  if (box) {
    box.checked = localStorage.getItem(OFF) === "yes";
    box.addEventListener("change", () => localStorage.setItem(OFF, box.checked ? "yes" : "no"));
  }
  let wentAt = 0;
  page.addEventListener("keydown", (event) => {
    if (isQuiet(event)) return;
    if (event.key === "/") {
      page.querySelector("[data-key='/']")?.focus();
      event.preventDefault();
    } else if (event.key === "g") {
      wentAt = event.timeStamp;
    } else if (event.timeStamp - wentAt < WITHIN_MS && GO[event.key]) {
      const link = page.querySelector(`nav a[href="${GO[event.key]}"]`);
      if (link) link.click();
      wentAt = 0;
    }
  });
}
