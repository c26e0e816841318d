// Warns before a session ends. Whoever stays, or signs in anew in another tab, loses nothing that he typed.
const stay = document.getElementById("stay");
const WARN_SECONDS = 120, UNTIL = "freehold-session-until";

if (stay) {
  const said = stay.querySelector("p"), anew = stay.querySelector("a");
  let until = Date.now() + 1000 * Number(stay.dataset.left), waiting = null;

  const look = () => {
    const left = Math.round((until - Date.now()) / 1000), over = left <= 0;
    clearTimeout(waiting);
    stay.hidden = left > WARN_SECONDS;
    anew.hidden = !over;
    const words = over
      ? "You are signed out. Sign in in another tab, then stay signed in here: what you typed is still there."
      : `You will be signed out in ${left > 60 ? "two minutes" : "less than a minute"}. What you typed stays.`;
    if (!stay.hidden && said.textContent !== words) said.textContent = words;
    if (!over) waiting = setTimeout(look, 1000 * (left > WARN_SECONDS ? left - WARN_SECONDS : left > 60 ? left - 60 : left));
  };
  const keep = (seconds) => {
    until = Date.now() + 1000 * seconds;
    localStorage.setItem(UNTIL, String(until));
    look();
  };

  stay.querySelector("[data-stay]").addEventListener("click", async () => {
    const answer = await fetch("/session", { redirect: "manual" }).catch(() => null);
    if (!answer) { said.textContent = "The server does not answer. Try again in a moment."; return; }
    if (!answer.ok) { keep(0); return; }
    const told = await answer.json();
    document.querySelectorAll("input[name=token]").forEach((field) => { field.value = told.token; });
    keep(told.left);
    document.getElementById("announced").textContent = "You stay signed in";
  });
  // A form that nobody would take is not sent: what is in it would be lost.
  document.addEventListener("submit", (event) => {
    if (Date.now() < until || event.target.method !== "post") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    look();
    stay.querySelector("[data-stay]").focus();
  }, true);
  window.addEventListener("storage", (event) => {
    if (event.key !== UNTIL) return;
    until = Math.max(until, Number(event.newValue));
    look();
  });
  document.addEventListener("visibilitychange", look);
  keep(Number(stay.dataset.left));
}
