// Dialogs, the command palette and the keys of every page. Single letters work outside fields alone.
const opens = (name) => {
  const dialog = document.getElementById(name);
  if (!dialog || dialog.open) return;
  dialog.showModal();
  const first = dialog.querySelector("input, a, button");
  if (first) first.focus();
};

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener && document.getElementById(opener.dataset.open)) {
    event.preventDefault();
    opens(opener.dataset.open);
  }
  if (event.target instanceof HTMLDialogElement) event.target.close();
});

// Whoever speaks to the machine, or hits keys by chance, turns single letters off (WCAG 2.1.4).
const LETTERS = "freehold-single-letters";
const letters = document.getElementById("letters");
if (letters) {
  letters.checked = localStorage.getItem(LETTERS) !== "off";
  letters.addEventListener("change", () => localStorage.setItem(LETTERS, letters.checked ? "on" : "off"));
}

let before = "";
const PLACES = { h: "/", s: "/securities", p: "/holders", a: "/activity", e: "/explorer" };
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    opens("palette");
    return;
  }
  const busy = event.target.closest("input, textarea, select, dialog, [contenteditable]");
  if (event.ctrlKey || event.metaKey || event.altKey || (busy && !event.target.closest("#palette"))) return;
  if (event.target.closest("#palette")) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const links = [...document.querySelectorAll("#palette-answers a")];
      const at = links.indexOf(document.activeElement);
      const next = links[at + (event.key === "ArrowDown" ? 1 : -1)];
      event.preventDefault();
      if (next) next.focus();
      else document.getElementById("palette-q").focus();
    }
    return;
  }
  if (letters && !letters.checked) return;
  if (event.key === "?") {
    opens("keys");
  } else if (event.key === "/") {
    const find = document.querySelector("main input[name=q], main .tools input:not([type=hidden])");
    if (find) { event.preventDefault(); find.focus(); } else { event.preventDefault(); opens("palette"); }
  } else if (event.key === "n") {
    const act = document.querySelector("main .title a.primary, main .title button.primary");
    if (act) act.click();
  } else if (before === "g" && PLACES[event.key]) {
    location.href = PLACES[event.key];
  } else if (event.key === "j" || event.key === "k") {
    const rows = [...document.querySelectorAll("main tbody a.name")];
    const at = rows.indexOf(document.activeElement);
    const next = rows[at + (event.key === "j" ? 1 : -1)];
    if (next) next.focus();
  }
  before = event.key;
});

// A file's hash is computed here: the file itself stays on this machine.
document.addEventListener("change", async (event) => {
  const chooser = event.target.closest("input[type=file][data-hash]");
  if (!chooser || !chooser.files.length) return;
  const bytes = await chooser.files[0].arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const text = [...digest].map((one) => one.toString(16).padStart(2, "0")).join("");
  document.getElementById(chooser.dataset.hash).value = `sha256:${text}`;
});
