// In the widget's frame: the focus goes to what is to be typed or read, and Escape closes the panel.

if (parent !== window) {
  const answer = document.querySelector("[data-first]");
  addEventListener("focus", () => {
    if (document.activeElement === document.body) (answer ?? document.querySelector("input[type=search]")).focus();
  });
  if (answer && document.hasFocus()) answer.focus();
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") parent.postMessage("close", "*"); // no secret: whoever frames it may know
  });
}
