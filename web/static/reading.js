// Tells the help center how long its visitor had a page in sight. Without it a page is known to have
// been opened, and not how long it was read.

const MOST = 1800; // seconds that a page tells; who is away has not closed it

const page = document.querySelector("[data-read]");
if (page) measure(page.dataset.read);

function measure(name) {
  let told = 0;
  let seen = 0; // milliseconds since the last telling
  let since = document.hidden ? 0 : performance.now(); // 0: not in sight

  // Phones close a hidden page without a further word, so each hiding may be the last one.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) tell();
    else since = performance.now();
  });
  addEventListener("pagehide", tell);
  addEventListener("pageshow", () => { if (!document.hidden) since ||= performance.now(); });

  function tell() {
    if (since) seen += performance.now() - since;
    since = 0;
    const seconds = Math.min(Math.round(seen / 1000), MOST - told);
    if (seconds <= 0) return;
    told += seconds;
    seen = 0;
    const said = { event: "read", document: name, locale: document.documentElement.lang, seconds };
    navigator.sendBeacon("/api/v1/events", new Blob([JSON.stringify(said)], { type: "application/json" }));
  }
}
