// Comfort only: reloads the lists when something arrived. A mail being read is left in peace; the count in the title tells.
const { count, mails, calls, at } = document.body.dataset;
const reading = "reading" in document.body.dataset;
const title = document.title;

async function look() {
  try {
    const now = await (await fetch(count)).json();
    const fresh = now.mails - Number(mails) + now.calls - Number(calls);
    if (reading) document.title = fresh > 0 ? `(${fresh}) ${title}` : title;
    else if (fresh > 0 || now.at.slice(0, 10) !== at.slice(0, 10)) location.replace(location.pathname + location.search.replace(/[?&]moved=\w+/, ""));
  } catch {
    // the demo was stopped: the page stays as it is
  }
}
setInterval(look, 1500);
