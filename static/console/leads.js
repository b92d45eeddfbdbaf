// The list of leads: after a search in place, the address bar says what is shown, to be kept, shared and gone back to.
document.addEventListener("htmx:after:swap", () => {
  const address = document.getElementById("leads")?.dataset.address;
  if (address && address !== location.pathname + location.search) history.replaceState(history.state, "", address);
});
