// The list of leads: after a search in place, the address bar says what is shown, to be kept, shared and gone back to.
document.addEventListener("htmx:after:swap", () => {
  const address = document.getElementById("leads")?.dataset.address;
  if (address && address !== location.pathname + location.search) history.replaceState(history.state, "", address);
});

// Letters typed before the form listened are searched for too.
document.addEventListener("htmx:after:init", e => {
  const field = e.target.querySelector?.("#q");
  if (field && field.value !== field.defaultValue) field.dispatchEvent(new Event("input", { bubbles: true }));
});
