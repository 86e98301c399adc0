// Continues by itself where a page is only a step: a form to post, or a way back out of the tool's frame.
// Not when the person came here with the back button: then the visible button decides.
"use strict";

const cameBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";

if (!cameBack) {
  document.querySelector("form[data-auto]")?.submit();
  const wayBack = document.querySelector("a[data-auto]");
  if (wayBack) {
    window.top.location.replace(wayBack.href);
  }
}
