// Passkeys and wallets: asks the server for a challenge, the device for an answer, and sends the form.
const problem = (form, said) => {
  const place = form.querySelector("[data-problem]");
  place.textContent = said;
  place.hidden = !said;
  if (said) form.querySelector("button").focus();
};

const begin = async (form, more = {}) => {
  const body = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(more)) body.set(name, value);
  const answer = await fetch(form.dataset.begin, { method: "POST", body });
  if (!answer.ok) throw new Error(answer.status === 429 ? "Wait half a minute, then try again." : "That cannot be done now. Load the page again.");
  return answer.json();
};

const passkey = async (form) => {
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) throw new Error("This browser has no passkeys. Use another way in.");
  const options = await begin(form);
  const made = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  form.elements.answer.value = JSON.stringify(made.toJSON());
};

const wallet = async (form) => {
  if (!window.ethereum) throw new Error("There is no wallet in this browser. Add one, or use another way in.");
  const [address] = await window.ethereum.request({ method: "eth_requestAccounts" });
  const { message } = await begin(form, { address });
  const hex = "0x" + [...new TextEncoder().encode(message)].map((one) => one.toString(16).padStart(2, "0")).join("");
  form.elements.signature.value = await window.ethereum.request({ method: "personal_sign", params: [hex, address] });
  form.elements.message.value = message;
};

// A vote or an appointment: the wallet signs typed data (EIP-712) of which the server made every field.
const typed = async (form) => {
  if (!window.ethereum) throw new Error("There is no wallet in this browser. Add one, or write to the transfer agent.");
  const [address] = await window.ethereum.request({ method: "eth_requestAccounts" });
  const answer = await fetch(form.dataset.begin, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  const given = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(given.problem || "That cannot be done now. Load the page again.");
  if (!given.typed) return; // nothing to sign: the page says why
  const params = [address, JSON.stringify(given.typed)];
  form.elements.signature.value = await window.ethereum.request({ method: "eth_signTypedData_v4", params });
  form.elements.at.value = given.at;
  if (form.elements.sealed) form.elements.sealed.value = given.typed.message.choices;
};

const declined = (fault) => fault.name === "NotAllowedError" || fault.code === 4001;
const words = (fault) => {
  if (declined(fault)) return "Nothing was confirmed. Try again when you are ready.";
  if (fault.name === "InvalidStateError") return "This device has a passkey for you already.";
  return fault.message || "That did not work. Try again.";
};

for (const form of document.querySelectorAll("form[data-begin]")) {
  form.addEventListener("submit", async (event) => {
    if (event.submitter && "plain" in event.submitter.dataset) return;
    event.preventDefault();
    event.stopPropagation();
    if (form.dataset.busy) return;
    form.dataset.busy = "yes";
    problem(form, "");
    try {
      await (form.dataset.passkey ? passkey(form) : form.dataset.typed ? typed(form) : wallet(form));
      form.submit();
    } catch (fault) {
      problem(form, words(fault));
      delete form.dataset.busy;
    }
  });
}
