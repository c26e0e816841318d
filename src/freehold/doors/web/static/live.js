// The live part of a page: the network badge, and that what is shown has moved on.
const network = document.querySelector("[data-live]"), moved = document.getElementById("moved");
const main = document.getElementById("main");
let source = null, count = 0, last = network ? network.dataset.live : "0", waiting = null;

const show = (one) => {
  const words = network.querySelector(".final"), strong = network.querySelector("strong");
  if (one.kind && words.textContent !== one.words) document.getElementById("announced").textContent = `${one.name}: ${one.words}`;
  network.className = `network ${one.kind}`;
  strong.textContent = one.name;
  words.textContent = one.words;
};
const flag = (text) => {
  moved.hidden = false;
  moved.querySelector("span").textContent = text;
};
const again = async (region) => {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(region.id);
  if (fresh && !region.contains(document.activeElement)) region.replaceChildren(...fresh.childNodes);
};
const concerns = (one) => {
  const kinds = (main.dataset.watch || "").split(" "), of = main.dataset.watchOf;
  return kinds.includes(one.kind) && (!of || one.subject.startsWith(of));
};
const hear = (told) => {
  for (const region of document.querySelectorAll("[data-follows]")) {
    if (!told.some((one) => one.subject === region.dataset.follows)) continue;
    clearTimeout(waiting);
    waiting = setTimeout(() => again(region), 300);
  }
  const mine = new Set(told.filter(concerns).map((one) => one.subject)).size;
  if (!mine) return;
  count += mine;
  flag(`${count} ${count === 1 ? "change" : "changes"}: refresh`);
};
const listen = () => {
  if (source || document.hidden) return;
  source = new EventSource(`/live?from=${last}`);
  source.addEventListener("badge", (event) => show(JSON.parse(event.data)));
  source.addEventListener("moved", (event) => { last = event.lastEventId; hear(JSON.parse(event.data)); });
  source.onerror = () => { if (source && source.readyState === EventSource.CLOSED) { source = null; } };
};
const stop = () => { if (source) source.close(); source = null; };

if (network) {
  // After everything else, so that no page waits for it; only while somebody looks.
  window.addEventListener("load", () => setTimeout(listen, 1200));
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : listen()));
  window.addEventListener("pagehide", stop);
}
