// A button beside each value that one may want to copy. Without scripts, or a clipboard, the value is there to select.
for (const value of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
  const words = value.closest("[data-words]").dataset;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button secondary copy";
  button.textContent = words.words;
  button.setAttribute("aria-label", `${words.words} : ${value.dataset.copy}`);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(value.textContent);
    } catch { // a frame that may not: the text is chosen, to be copied by hand
      return value.select ? value.select() : getSelection().selectAllChildren(value);
    }
    button.textContent = words.done;
    document.getElementById("copie").textContent = `${value.dataset.copy} : ${words.done}`;
  });
  value.after(" ", button);
}
