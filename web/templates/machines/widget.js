// Search and answers of the help center on this page: a button, and a panel with a frame of it.
// It keeps nothing, and asks nothing of the help center before the button is pressed.
(() => {
  const script = document.currentScript;
  const home = new URL(script.src).origin;
  const words = {
    {% for code, spoken in words.items() %}
    {{ code | tojson }}: {{ spoken }},
    {% endfor %}
  };
  const styles = {{ styles | tojson }};
  const asked = script.dataset.locale || document.documentElement.lang;
  const known = [asked, asked.split("-")[0]].find((code) => Object.hasOwn(words, code));
  const locale = known ?? {{ default | tojson }};
  const text = words[locale];

  const sheet = new CSSStyleSheet(); // a policy against inline styles lets it be
  sheet.replaceSync(styles);
  const place = element("aside", { lang: locale, "aria-label": text.title });
  const shadow = place.attachShadow({ mode: "open" });
  shadow.adoptedStyleSheets = [sheet];

  const opener = element("button", { type: "button", class: "open", "aria-haspopup": "dialog" }, text.open);
  const closer = element("button", { type: "button", class: "close", "aria-label": text.close });
  closer.append(cross());
  const title = element("span", { id: "title" }, text.title);
  const head = element("div", { class: "head" });
  head.append(title, closer);
  const dialog = element("dialog", { "aria-labelledby": "title" });
  dialog.append(head);
  let frame = null;

  opener.addEventListener("click", open);
  closer.addEventListener("click", close);
  dialog.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  dialog.addEventListener("close", () => {
    opener.hidden = false;
    opener.focus();
  });
  addEventListener("message", (event) => { // Escape was pressed inside the frame
    if (event.origin === home && event.source === frame?.contentWindow && event.data === "close") close();
  });
  shadow.append(opener, dialog);
  document.body.append(place);

  /** Beside the page where there is room, in front of it on phones. */
  function open() {
    if (matchMedia("(max-width: 40em)").matches) dialog.showModal();
    else dialog.show();
    opener.hidden = true; // the panel lies over it
    if (frame) return frame.focus();
    frame = element("iframe", { title: text.title, src: `${home}/${locale}/widget` });
    frame.addEventListener("load", () => frame.focus(), { once: true });
    dialog.append(frame);
  }

  function close() {
    dialog.close();
  }

  function element(name, attributes, content = "") {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = content;
    return made;
  }

  function cross() {
    const space = "http://www.w3.org/2000/svg";
    const picture = document.createElementNS(space, "svg");
    const lines = document.createElementNS(space, "path");
    picture.setAttribute("viewBox", "0 0 20 20");
    picture.setAttribute("aria-hidden", "true");
    lines.setAttribute("d", "M4 4l12 12M16 4L4 16");
    picture.append(lines);
    return picture;
  }
})();
