// A second click while the first is on its way sends nothing: the platform takes one answer only.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
// A page that the back button brings back may send again.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
