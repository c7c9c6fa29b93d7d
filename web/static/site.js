// What a page does beyond links and forms. Every page works without it.

const DELAY = 50; // ms of rest after a key before suggestions are asked for
const SHOWN = 7;

for (const form of document.querySelectorAll("form[data-suggest]")) suggestWhileTyping(form);
for (const contents of document.querySelectorAll("nav.contents")) markPlace(contents);
const copyable = document.querySelector(".text[data-copy-link]");
if (copyable) offerLinks(copyable);
for (const form of document.querySelectorAll("form[data-feedback]")) sendInPlace(form);

/** The search box as a combobox: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/ */
function suggestWhileTyping(form) {
  const input = form.querySelector("input[type=search]");
  const texts = form.dataset;
  const list = element("ul", { id: `${input.id}-list`, role: "listbox", className: "suggestions", hidden: true });
  list.setAttribute("aria-label", texts.title);
  const status = element("p", { className: "hidden", role: "status" });
  form.append(list, status);
  set(input, { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id });

  const known = new Map(); // suggestions by what was typed
  let offered = [];
  let active = -1;
  let timer = 0;
  let request = null;

  input.addEventListener("input", () => {
    clearTimeout(timer);
    request?.abort();
    const typed = input.value.trim();
    if (typed.length < 2) return close();
    if (known.has(typed)) return show(typed, known.get(typed));
    timer = setTimeout(() => ask(typed), DELAY);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && offered.length) {
      event.preventDefault();
      open();
      // One place more than options: the text as it was typed.
      const places = offered.length + 1;
      choose(((active + 1 + step + places) % places) - 1);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      follow(offered[active]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
  input.addEventListener("blur", close);
  form.addEventListener("submit", () => { clearTimeout(timer); request?.abort(); close(); });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the focus in the box
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) follow(offered[[...list.children].indexOf(option)]);
  });

  async function ask(typed) {
    request = new AbortController();
    try {
      const address = `${texts.suggest}&limit=${SHOWN}&q=${encodeURIComponent(typed)}`;
      const reply = await fetch(address, { signal: request.signal });
      if (!reply.ok) return close();
      const { suggestions } = await reply.json();
      known.set(typed, suggestions);
      if (input.value.trim() === typed && document.activeElement === input) show(typed, suggestions);
    } catch {
      close(); // cancelled, or the network is gone: the box stays a plain one
    }
  }

  function show(typed, suggestions) {
    offered = suggestions;
    choose(-1);
    list.replaceChildren(...suggestions.map((one, place) => optionOf(one, typed, place)));
    if (!suggestions.length) close(); else open();
    status.textContent = suggestions.length === 1 ? texts.one : texts.many.replace("0", suggestions.length);
  }

  function optionOf(suggestion, typed, place) {
    const option = element("li", { id: `${list.id}-${place}`, role: "option" });
    option.setAttribute("aria-selected", "false");
    const symbol = { document: "document", question: "chat", word: "search" }[suggestion.form];
    const text = element("span", {});
    text.append(...emphasised(suggestion.text, typed));
    option.append(icon(symbol, texts.icons), text);
    return option;
  }

  function choose(place) {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = place;
    const option = list.children[active];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  }

  function open() {
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    choose(-1);
  }

  /** A page is opened, a question asked, a word is something to go on typing with. */
  function follow({ form: kind, text, url }) {
    if (kind === "document") {
      location.assign(url);
    } else if (kind === "word") {
      input.value = `${text} `;
      input.dispatchEvent(new Event("input"));
    } else {
      input.value = text;
      form.requestSubmit();
    }
  }
}

/** The text with the typed words set apart, as nodes. */
function emphasised(text, typed) {
  const words = typed.split(/\s+/u).filter(Boolean).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const found = new RegExp(`(?<![\\p{L}\\p{N}])(${words.join("|")})`, "giu");
  return text.split(found).map((piece, place) => {
    if (place % 2 === 0) return piece;
    return element("b", { textContent: piece });
  });
}

/** Marks the section that is being read in the list of contents. */
function markPlace(contents) {
  const links = [...contents.querySelectorAll("a[href^='#']")];
  const headings = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
  const update = () => {
    const line = window.innerHeight / 4;
    let current = headings.findLastIndex((heading) => heading && heading.getBoundingClientRect().top <= line);
    const end = window.scrollY + window.innerHeight >= document.documentElement.scrollHeight - 2;
    if (end && headings.length) current = Math.max(current, lastVisible(headings));
    links.forEach((link, place) => {
      if (place === current) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    });
  };
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; update(); });
  };
  addEventListener("scroll", soon, { passive: true });
  addEventListener("resize", soon, { passive: true });
  update();
}

function lastVisible(headings) {
  return headings.findLastIndex((heading) => heading && heading.getBoundingClientRect().top < window.innerHeight);
}

/** A button beside each heading that copies the section's address. */
function offerLinks(text) {
  const { copyLink, copied, icons } = text.dataset;
  const status = element("p", { className: "hidden", role: "status" });
  text.after(status);
  for (const heading of text.querySelectorAll("h2[id], h3[id]")) {
    const button = element("button", { type: "button", className: `copy-link of-${heading.localName}`, title: copyLink });
    button.setAttribute("aria-label", `${copyLink}: ${heading.textContent}`);
    button.append(icon("link", icons));
    button.addEventListener("click", async () => {
      history.replaceState(null, "", `#${heading.id}`);
      try {
        await navigator.clipboard.writeText(location.href);
      } catch {
        return; // the address bar has it
      }
      button.dataset.done = "";
      status.textContent = copied;
      setTimeout(() => { delete button.dataset.done; status.textContent = ""; }, 2000);
    });
    heading.before(button); // not inside, where it would become part of the heading's name
  }
}

/** A vote is sent and its section replaced, so that nobody loses their place on the page. */
function sendInPlace(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = new FormData(form, event.submitter);
    said.set("fragment", "1");
    try {
      const reply = await fetch(form.action, { method: "POST", body: new URLSearchParams(said) });
      if (!reply.ok) throw new Error(reply.statusText);
      const part = new DOMParser().parseFromString(await reply.text(), "text/html");
      const section = part.querySelector(".feedback");
      form.closest(".feedback").replaceWith(section);
      section.querySelectorAll("form[data-feedback]").forEach(sendInPlace);
      section.querySelector("h2").focus();
    } catch {
      form.append(element("input", { type: "hidden", name: event.submitter.name, value: event.submitter.value }));
      form.submit(); // the page of its own says what is wrong
    }
  });
}

function icon(name, sprite) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  set(picture, { class: "icon", "aria-hidden": "true" });
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  picture.append(use);
  return picture;
}

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

function set(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) target.setAttribute(name, value);
}
