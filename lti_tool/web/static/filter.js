// A list that is filtered as one types. Without scripts the form's button does the same.
const form = document.querySelector("form.filters[data-list]");
const list = document.getElementById(form.dataset.list);
let latest = 0;

async function show() {
  const asked = ++latest;
  const address = `${location.pathname}?${new URLSearchParams(new FormData(form))}`;
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (asked !== latest) return;
  if (!answer.ok) return form.submit();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (asked !== latest) return;
  list.replaceChildren(...page.getElementById(list.id).childNodes);
  const told = list.querySelector("caption, .empty p");
  document.getElementById(`${list.id}-dite`).textContent = told ? told.textContent : "";
  history.replaceState(null, "", address);
}

let waiting;
form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(show, 200);
});
