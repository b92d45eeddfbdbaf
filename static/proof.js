// Does the work that this form asks for, from the moment somebody touches it, and holds the sending until it is done.
// Nothing is sent anywhere. Where it cannot be done the form goes without, and somebody of the house looks at it.
(() => {
  const PATIENCE = 30000; // milliseconds after the button: a slow machine is no reason to lose somebody
  const { challenge, bits, worker } = document.currentScript.dataset;
  const form = document.getElementById("form");
  const found = form.elements._proof;
  const waiting = document.getElementById("working");
  let working = null;
  let asked = false;

  const send = () => HTMLFormElement.prototype.submit.call(form);
  const end = (number) => {
    if (working) working.terminate();
    working = null;
    found.value = number;
    if (asked) send();
  };
  const work = () => {
    if (working || found.value) return;
    try {
      working = new Worker(worker);
    } catch {
      return;
    }
    working.onmessage = ({ data }) => end(data);
    working.onerror = () => end("");
    working.postMessage({ challenge, bits: Number(bits) });
  };
  form.addEventListener("focusin", work, { once: true });
  form.addEventListener("submit", (event) => {
    work();
    if (!working) return;
    event.preventDefault();
    if (asked) return;
    asked = true;
    waiting.hidden = false;
    setTimeout(() => end(""), PATIENCE);
  });
})();
