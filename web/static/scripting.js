// Runs before anything is drawn: what stands there only for want of scripts is never seen.
document.documentElement.classList.add("has-script");
