// What pages do beyond plain HTML: copy, the as-of slider, focus after a swap, no second send.
document.documentElement.classList.add("scripts");

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const status = document.getElementById("announced");
  if (status) status.textContent = "Copied";
});

document.addEventListener("input", (event) => {
  const slider = event.target.closest("input[data-stops]");
  if (!slider) return;
  const stop = JSON.parse(document.getElementById(slider.dataset.stops).textContent)[slider.value];
  document.getElementById("slider-text").textContent = stop.text;
  slider.setAttribute("aria-valuetext", stop.text);
});

document.addEventListener("change", (event) => {
  const slider = event.target.closest("input[data-stops]");
  if (!slider) return;
  clearTimeout(slider.waiting);
  slider.waiting = setTimeout(() => slider.form.requestSubmit(), 250);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  const button = form.querySelector("button.primary, button.danger");
  if (button) { button.setAttribute("aria-disabled", "true"); }
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
});

const problem = document.querySelector(".summary, .refusal h2");
if (problem) problem.focus();

// The total of a form's rows while one types: whole numbers of base units, never a float.
const base = (text, places) => {
  const [, whole, rest = ""] = /^(\d+)(?:\.(\d+))?$/.exec(text.replace(/[, \u00a0]/g, "")) || [];
  return whole === undefined || rest.length > places ? 0n : BigInt(whole + rest.padEnd(places, "0"));
};
const decimal = (units, places) => {
  const text = String(units).padStart(places + 1, "0"), cut = text.length - places;
  const rest = text.slice(cut).replace(/0+$/, "");
  return text.slice(0, cut).replace(/\B(?=(\d{3})+$)/g, ",") + (rest && `.${rest}`);
};
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-adds]");
  if (!form || !event.target.matches("[data-added]")) return;
  const places = Number(form.dataset.adds);
  const sum = [...form.querySelectorAll("[data-added]")].reduce((all, one) => all + base(one.value, places), 0n);
  form.querySelector("[data-sum]").textContent = decimal(sum, places);
  const left = form.querySelector("[data-left]");
  if (!left) return;
  const [most, issued] = left.dataset.left.split(" ").map((one) => base(one, places));
  const rest = most - issued - sum;
  left.firstElementChild.textContent = decimal(rest < 0n ? -rest : rest, places);
  left.classList.toggle("down", rest < 0n);
  form.querySelector("[data-left-label]").textContent = rest < 0n ? "Too many by" : "Left after it";
});

// A slider that fills a field with whole coins, grouped as the server writes them.
document.addEventListener("input", (event) => {
  const slider = event.target.closest("input[data-fills]");
  if (!slider) return;
  const field = document.getElementById(slider.dataset.fills);
  field.value = slider.value.replace(/\B(?=(\d{3})+$)/g, ",");
  slider.setAttribute("aria-valuetext", `${field.value} ${slider.dataset.unit}`);
});
document.addEventListener("change", (event) => {
  const slider = event.target.closest("input[data-fills]");
  if (!slider || document.getElementById(slider.dataset.fills).form.method !== "get") return;
  const place = new URL(location);
  place.searchParams.set(slider.dataset.fills, slider.value);
  history.replaceState(history.state, "", place);
});

// What is left of a holder's votes while he divides them.
document.addEventListener("input", (event) => {
  const given = event.target.closest("[data-votes]");
  if (!given) return;
  const places = Number(given.dataset.places), votes = base(given.dataset.votes, places);
  const spent = [...given.querySelectorAll("input")].reduce((all, one) => all + base(one.value, places), 0n);
  const left = given.querySelector("[data-remains]");
  left.textContent = spent > votes ? `${decimal(spent - votes, places)} too many` : `${decimal(votes - spent, places)} left`;
});
