// The console: comfort only. Every act below is also a link or a form that works without this file.
const $ = (s, e = document) => e.querySelector(s), $$ = (s, e = document) => [...e.querySelectorAll(s)];
const root = document.documentElement, letters = root.dataset.keys !== "off";
root.dataset.js = "";

// Bulk bar: appears with the first tick, says how many (its two words come from the page).
const ticks = () => $$("tbody .tick input");
function count() {
  const bulk = $(".bulk"), all = $("thead .tick input"), n = ticks().filter(t => t.checked).length;
  if (!bulk) return;
  bulk.hidden = n === 0;
  $("[data-count]", bulk).textContent = n;
  const word = $("[data-word]", bulk);
  if (word) word.textContent = n > 1 ? word.dataset.many : word.dataset.word;
  if (all) { all.checked = n > 0 && n === ticks().length; all.indeterminate = n > 0 && !all.checked; }
}
document.addEventListener("change", e => {
  if (e.target.matches("thead .tick input")) ticks().forEach(t => { t.checked = e.target.checked; });
  if (e.target.matches(".tick input")) count();
});
document.addEventListener("click", e => {
  if (e.target.closest("[data-clear]")) { ticks().forEach(t => { t.checked = false; }); count(); }
  const opens = e.target.closest("[data-opens]");
  if (opens) { opens.closest(".menu")?.removeAttribute("open"); document.getElementById(opens.dataset.opens)?.showModal(); }
});
count();

// The second press of a double click is nobody's wish: it would send the form again.
document.addEventListener("click", e => { if (e.detail > 1 && e.target.closest("button:not([type=button])")) e.preventDefault(); }, true);

// Of views that go on to the side, the one that is shown is in sight.
$$(".views [aria-current]").forEach(shown => {
  const row = shown.parentElement, beyond = shown.getBoundingClientRect().right - row.getBoundingClientRect().right;
  if (beyond > 0) row.scrollLeft += beyond + 48;
});

// Clocks: the server draws them with its calendar's now, this counts on. Fifteen minutes left: urgent.
const drawn = Date.now();
setInterval(() => $$("[data-until]").forEach(el => {
  const now = Date.parse(el.dataset.now) + Date.now() - (+el.dataset.drawn || drawn);
  const m = Math.ceil((Date.parse(el.dataset.until) - now) / 6e4), box = el.closest(".clock");
  if (Math.abs(m) >= 60) return;
  el.textContent = `${m < 0 ? "−" : ""}${Math.abs(m)}\u00a0min`;
  box.classList.toggle("soon", m >= 0 && m <= 15);
  box.classList.toggle("over", m < 0);
}), 15e3);

// One menu open at a time; a press elsewhere or Escape closes it, and gives the focus back.
document.addEventListener("toggle", e => {
  if (e.target.matches?.(".menu") && e.target.open) $$(".menu[open]").forEach(m => { if (m !== e.target) m.open = false; });
}, true);
document.addEventListener("pointerdown", e => $$(".menu[open]").forEach(m => { if (!m.contains(e.target)) m.open = false; }));

// htmx: what was swapped in may hold clocks and ticks; the focus that went with the old part lands on the new one.
let held = "";
document.addEventListener("htmx:before:request", () => { held = document.activeElement?.id || ""; });
document.addEventListener("htmx:before:swap", e => { $("#notice")?.replaceChildren(); held = held || e.target.id || ""; });
document.addEventListener("htmx:after:swap", () => {
  $$("[data-now]:not([data-drawn])").forEach(el => { el.dataset.drawn = Date.now(); });
  count();
  // A refusal brings the token that holds now: what was typed stays, and can be sent once more.
  const token = $("#notice [name=csrf-token]")?.value;
  if (token) $$("[name=csrf-token]").forEach(field => { field.value = token; });
  if (document.activeElement && document.activeElement !== document.body) return;
  const place = (held && document.getElementById(held)) || $("[data-swapped]") || $("#main");
  if (!place.matches("a[href], button, input, select, textarea, summary")) place.tabIndex = -1;
  place.focus({ preventScroll: true });
  held = "";
});
// No answer at all. Of a request that was given up for a newer one htmx says nothing.
document.addEventListener("htmx:error", e => {
  if (e.detail.ctx) $("#notice").replaceChildren($("#unanswered").content.cloneNode(true));
});
$$("[data-now]").forEach(el => { el.dataset.drawn = drawn; });

// Keyboard: single letters move the focus, Enter acts; silent inside fields, with modifiers, and when turned off.
let g = 0, at = -1;
const FIELDS = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
function move(by) {
  const rows = $$(".hand:not(.done), .pick");
  if (!rows.length) return;
  const here = rows.indexOf(document.activeElement?.closest(".hand, .pick"));
  at = Math.max(0, Math.min(rows.length - 1, (here < 0 ? at : here) + by));
  rows.forEach(r => r.removeAttribute("aria-current"));
  rows[at].setAttribute("aria-current", "true");
  ($("a.name, th a, a, button", rows[at]) || rows[at]).focus();
}
document.addEventListener("keydown", e => {
  if (e.key === "Escape") $$(".menu[open]").forEach(m => { m.open = false; $("summary", m).focus(); });
  if (!letters || e.ctrlKey || e.metaKey || e.altKey || e.target.matches?.(FIELDS) || $("dialog[open]")) return;
  const here = document.activeElement?.closest(".hand, .pick, .brief");
  const there = Date.now() - g < 900 && $(`[data-go="${CSS.escape(e.key)}"]`);
  if (there) { g = 0; e.preventDefault(); there.click(); return; }
  const act = {
    "/": () => { const f = $(".search input"); if (f) f.focus(); else $('[data-go="l"]')?.click(); },
    "?": () => $("#keys")?.showModal(), g: () => { g = Date.now(); },
    j: () => move(1), k: () => move(-1),
    a: () => $("[value=accept], [value=accepted]", here || document)?.focus(),
    r: () => { const m = $(".menu.reject", here || document); if (m) { m.open = true; $("input:not([type=hidden])", m)?.focus(); } },
    x: () => { const t = here && $(".tick input", here); if (t) { t.checked = !t.checked; count(); } },
  }[e.key];
  if (act) { if (e.key !== "g") e.preventDefault(); act(); }
});
