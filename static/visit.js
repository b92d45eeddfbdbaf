// Tells the house that a page was opened and where its reader came from, also for the company's other pages:
//   <script src="https://go.example.org/static/visit.js" defer></script>
// No cookie before somebody agreed: to the question of our own pages, or to one of yours, which then says so with
//   document.dispatchEvent(new CustomEvent("terreau:visits", { detail: "yes" }))   // or "no", also later
// Attributes: data-domain (of the cookie, to know a visitor on all pages of a domain again), data-count="no" (visits of
// nobody are counted elsewhere).
(() => {
  const script = document.currentScript;
  const home = new URL(script.src).origin;
  const { domain, count } = script.dataset;
  const name = "terreau_visitor";
  const months = 30 * 24 * 3600;
  const question = document.getElementById("visits");
  const undo = document.getElementById("visits-undo");

  const known = () => (document.cookie.match(/(?:^|; )terreau_visitor=([0-9A-Za-z]+)/) || [])[1];
  const keep = (value, seconds) => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    const place = domain ? `; Domain=${domain}` : "";
    document.cookie = `${name}=${value}; Path=/; Max-Age=${seconds}; SameSite=Lax${secure}${place}`;
  };
  const tell = (more) => {
    const body = new URLSearchParams({ at: location.href, from: document.referrer, ...more });
    return fetch(`${home}/visit`, { method: "POST", body, keepalive: true, credentials: "omit" })
      .catch(() => ({ ok: false })); // the page works without it
  };
  const visit = (visitor) => tell({ v: visitor }).then((answer) => { if (answer.status === 410) keep("", 0); });
  const ask = (asked) => { if (question) question.hidden = !asked; };
  const offer = (offered) => { if (undo) undo.hidden = !offered; };
  const yes = (asked) => {
    ask(false);
    if (known() && known() !== "no") return;
    tell({ agree: "1", asked: asked || "" }).then(async (answer) => {
      const visitor = answer.status === 200 ? await answer.text() : "";
      if (!/^[0-9A-Za-z]{22}$/.test(visitor)) return;
      keep(visitor, 13 * months);
      offer(true);
    });
  };
  const no = () => {
    ask(false);
    offer(false);
    const visitor = known();
    keep("no", 6 * months);
    if (visitor && visitor !== "no") tell({ v: visitor, leave: "1" });
  };

  document.addEventListener("terreau:visits", (event) => (event.detail === "yes" ? yes() : no()));
  if (undo) undo.addEventListener("click", no);
  const visitor = known();
  if (visitor && visitor !== "no") {
    offer(true);
    visit(visitor);
    return;
  }
  if (count !== "no") tell({});
  if (!question || visitor === "no" || navigator.globalPrivacyControl) return;
  question.querySelector("[data-answer=yes]").addEventListener("click", () => yes(question.lang));
  question.querySelector("[data-answer=no]").addEventListener("click", no);
  ask(true);
})();
