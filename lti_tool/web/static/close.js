// Tells the platform's page, at its exact origin, that the registration is done (DR §3.7): it closes this window.
// Who frames us was allowed to by the policy of this page; where the browser does not say who, the listed ones are told.
const opener = window.opener ?? (window.parent === window ? null : window.parent);
const listed = document.querySelector("script[data-origins]").dataset.origins.split(" ");
const origins = new Set([...listed, ...[...(location.ancestorOrigins ?? [])].slice(0, 1)]);
for (const origin of opener ? origins : []) {
  opener.postMessage({ subject: "org.imsglobal.lti.close" }, origin);
}
