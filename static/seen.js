// Tells the house, once, that somebody had this page before their eyes for a few seconds. Nothing is kept on the device.
(() => {
  const { code, magnet, page, after } = document.currentScript.dataset;
  const body = new URLSearchParams(code ? { c: code, page } : { m: magnet });
  let left = Number(after || 3) * 1000;
  let since = 0;
  let timer = 0;

  const forgetCode = () => {
    const address = new URL(location.href);
    address.searchParams.delete("c");
    history.replaceState(history.state, "", address);
  };
  const seen = () => {
    document.removeEventListener("visibilitychange", look);
    fetch("/seen", { method: "POST", body, keepalive: true, credentials: "same-origin" })
      .then((answer) => { if (answer.ok && code) forgetCode(); })
      .catch(() => { /* the page works without it */ });
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
  document.addEventListener("visibilitychange", look);
  look();
})();
