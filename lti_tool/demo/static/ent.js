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

// Registering a tool: like Moodle, the frame's first load is given up and done again; the tool's message ends it.
const registration = document.getElementById("registration-frame");
if (registration) {
  registration.src = registration.dataset.src;
  setTimeout(() => {
    registration.src = registration.dataset.src;
  }, 50);
  window.addEventListener("message", (event) => {
    if (event.origin === registration.dataset.origin && event.data?.subject === "org.imsglobal.lti.close") {
      window.location.assign(document.getElementById("finished").href);
    }
  });
}
