// What the contact form does beyond a form: answers while it is being written, and a draft that
// survives a reload. The draft lives in this tab only and ends when the message was sent.

const REST = 600; // ms without a key before answers are asked for
const LEAST = 12; // characters that can be about something
const DRAFT = "contact-draft";
const KEPT = ["message", "email", "name", "product", "order_number"];

const written = document.querySelector("form[data-write]");
if (document.querySelector("[data-finished]")) forget();
if (written) {
  keepDraft(written);
  answerWhileWriting(written);
}

/** What was typed comes back after a reload; what the server sent back already counts more. */
function keepDraft(form) {
  if ("fresh" in form.dataset) restore(form);
  form.addEventListener("input", () => save(form));
  save(form);
}

function restore(form) {
  for (const [name, value] of Object.entries(draft())) {
    const field = form.elements[name];
    if (field && !field.value) field.value = value;
  }
}

function save(form) {
  const fields = KEPT.map((name) => form.elements[name]).filter((field) => field?.value);
  attempt(() => sessionStorage.setItem(DRAFT, JSON.stringify(Object.fromEntries(fields.map((field) => [field.name, field.value])))));
}

function draft() {
  return attempt(() => JSON.parse(sessionStorage.getItem(DRAFT))) ?? {};
}

function forget() {
  attempt(() => sessionStorage.removeItem(DRAFT));
}

/** Storage may be switched off; the form works without. */
function attempt(action) {
  try {
    return action();
  } catch {
    return null;
  }
}

/** The part beside the form follows what is being written. */
function answerWhileWriting(form) {
  const beside = form.querySelector("[data-beside]");
  const status = Object.assign(document.createElement("p"), { className: "hidden" });
  status.setAttribute("role", "status");
  form.append(status);
  let timer = 0;
  let request = null;
  let asked = "";

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, REST);
  };
  form.elements.message.addEventListener("input", soon);
  form.elements.product?.addEventListener("change", soon);
  if (form.elements.message.value && !beside.querySelector(".may-help")) soon();

  async function ask() {
    const question = JSON.stringify([form.elements.message.value.trim(), form.elements.product?.value]);
    if (form.elements.message.value.trim().length < LEAST || question === asked) return;
    request?.abort();
    request = new AbortController();
    try {
      const reply = await fetch(form.dataset.write, { method: "POST", body: new URLSearchParams(new FormData(form)), signal: request.signal });
      if (!reply.ok) return;
      const part = new DOMParser().parseFromString(await reply.text(), "text/html");
      asked = question;
      if (beside.contains(document.activeElement)) return; // nobody loses a button under their hand
      beside.replaceChildren(...part.body.childNodes);
      status.textContent = beside.querySelector(".may-help") ? form.dataset.shown : "";
    } catch {
      // cancelled, or the network is gone: the form stays a plain one
    }
  }
}
