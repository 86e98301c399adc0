// The worker is at it: ask again each second, move the bar, and show the next page when it is done.
const place = document.getElementById("attente");
async function ask() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById("attente");
    if (!answer.ok || !now) return location.reload();
    place.querySelector("progress").value = now.querySelector("progress").value;
    const said = now.querySelector("[role=status]").textContent;
    const status = place.querySelector("[role=status]");
    if (status.textContent !== said) status.textContent = said;
  } catch {
    // The network is away for a moment: ask again.
  }
  setTimeout(ask, 1000);
}
if (place) setTimeout(ask, 1000);
