// Platform storage: where no cookie lives in the platform's frame, its own page keeps the login's secret for us.
// With data-secret: give it away, then go on to data-next. Without: ask it back, and post the launch with it.
// The secret goes to the platform's exact origin, and comes from there; each question waits a moment and no longer.
// A platform's page may hear us only once it has loaded, late on an old tablet: we ask again, each time more patiently,
// while the page already offers its other way, and no more once somebody has taken that.
const WAITS_MS = [1500, 3000, 6000];
const PREFIXES = ["", "org.imsglobal."]; // the messages' names since 2023, and before
const { frame, origin, key, secret, next } = document.currentScript.dataset;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let wait = WAITS_MS[0];
let over = false;

// The answer to one message; refused, or never given, it throws.
function ask(target, to, subject, members) {
  const id = crypto.getRandomValues(new Uint32Array(4)).join("-");
  return new Promise((resolve, reject) => {
    const end = (settle, value) => {
      clearTimeout(timer);
      removeEventListener("message", hear);
      settle(value);
    };
    const hear = ({ data, origin: from }) => {
      if (data?.message_id !== id || data.subject !== `${subject}.response`) return;
      if (to !== "*" && from !== to) return;
      if (data.error) end(reject, new Error(data.error.code));
      else end(resolve, data);
    };
    const timer = setTimeout(() => end(reject, new Error("timeout")), wait);
    addEventListener("message", hear);
    target.postMessage({ subject, message_id: id, ...members }, to);
  });
}

// The platform's page, or the frame of that name in it; never ourselves.
function windowNamed(name) {
  for (const holder of name && name !== "_parent" ? [parent, top] : []) {
    try {
      const found = holder.frames[name];
      if (found && found !== window) return found;
    } catch {
      // a page of another site shows its frames by name only where there is one
    }
  }
  return parent;
}

// What the platform says that it can do, which holds no secret; null where it says nothing.
async function capabilities() {
  const asked = PREFIXES.map((prefix) => ask(parent, "*", `${prefix}lti.capabilities`, {}));
  const said = await Promise.any(asked).catch(() => null);
  return Array.isArray(said?.supported_messages) ? said.supported_messages : null;
}

// One exchange, under the name and in the frame that the platform gave, else under both names where the login said.
async function exchange(action, members) {
  const offered = await capabilities();
  const names = PREFIXES.map((prefix) => `${prefix}lti.${action}`);
  const ways = offered
    ? offered.filter((way) => names.includes(way?.subject))
    : names.map((subject) => ({ subject }));
  const asked = ways.map((way) => ask(windowNamed(way.frame ?? frame), origin, way.subject, members));
  const answer = await Promise.any(asked);
  if (answer.key !== key) throw new Error("another key");
  return answer.value;
}

// The end of our exchange: what is to be done with it, where nobody has gone the other way meanwhile.
async function run() {
  if (secret) {
    if ((await exchange("put_data", { key, value: secret })) !== secret) throw new Error("another value");
    return () => location.replace(next);
  }
  const value = await exchange("get_data", { key });
  if (typeof value !== "string" || !value) throw new Error("nothing kept");
  const form = document.getElementById("lancement");
  form.elements.preuve.value = value;
  return () => form.submit();
}

function show(waiting) {
  document.getElementById("attente").hidden = !waiting;
  document.getElementById("repli").hidden = waiting;
}

async function insist() {
  for (wait of WAITS_MS) {
    const goOn = await run().catch(() => null);
    if (over) return;
    if (goOn) return goOn();
    show(false);
    await pause(wait);
    if (over) return;
  }
}

if (window !== parent) {
  addEventListener("submit", () => (over = true));
  show(true);
  insist();
}
