// Tells the house that somebody had this page before their eyes for a few seconds, and whether they did anything on it:
// a key, a finger, a wheel, a pointer. Nothing is kept on the device.
(() => {
  const { code, magnet, page, after } = document.currentScript.dataset;
  const about = code ? { c: code, page } : { m: magnet };
  const acts = ["pointermove", "pointerdown", "keydown", "wheel", "touchstart"];
  let left = Number(after || 3) * 1000;
  let since = 0;
  let timer = 0;
  let acted = false;
  let shown = false;

  const forgetCode = () => {
    const address = new URL(location.href);
    address.searchParams.delete("c");
    history.replaceState(history.state, "", address);
  };
  const tell = () => {
    const body = new URLSearchParams(about);
    if (acted) body.set("acted", "1");
    if (navigator.webdriver) body.set("driven", "1");
    fetch("/seen", { method: "POST", body, keepalive: true, credentials: "same-origin" })
      .then((answer) => { if (answer.ok && code) forgetCode(); })
      .catch(() => { /* the page works without it */ });
  };
  const seen = () => {
    document.removeEventListener("visibilitychange", look);
    shown = true;
    tell();
  };
  const look = () => {
    clearTimeout(timer);
    if (document.visibilityState === "visible") {
      since = Date.now();
      timer = setTimeout(seen, left);
    } else if (since) {
      left = Math.max(0, left - (Date.now() - since));
      since = 0;
    }
  };
  const act = (event) => {
    const still = event.type === "pointermove" && !event.movementX && !event.movementY; // the page moved, not the hand
    if (!event.isTrusted || acted || still) return;
    acted = true;
    for (const name of acts) document.removeEventListener(name, act);
    if (shown) tell();
  };
  for (const name of acts) document.addEventListener(name, act, { passive: true });
  document.addEventListener("visibilitychange", look);
  look();
})();
