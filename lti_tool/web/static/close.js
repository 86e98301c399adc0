// Tells the platform's page, at its exact origin, that the registration is done (DR §3.7): it closes this window.
const opener = window.opener ?? (window.parent === window ? null : window.parent);
const origins = document.querySelector("script[data-origins]").dataset.origins.split(" ");
for (const origin of opener ? origins : []) {
  opener.postMessage({ subject: "org.imsglobal.lti.close" }, origin);
}
