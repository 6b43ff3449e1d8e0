// The page follows the server: each event carries a new rendering of <main>, which is worked into the one that is
// shown, so that focus, selection and scrolling stay. Without this script the page shows the state of its loading.
(() => {
  "use strict";
  if (document.body.dataset.still) return; // A moment of the past stays as it is.
  const silence = 5000; // The server sends at least once a second.
  const link = document.getElementById("link");
  const linkText = document.getElementById("link-text");
  const skew = document.getElementById("skew");
  const gone = document.getElementById("gone");
  const icon = document.getElementById("icon");
  let heardAt = Date.now();
  let renderedAt = performance.now();
  let source;

  const parse = html => new DOMParser().parseFromString(html, "text/html").getElementById("board");

  function morph(shown, fresh) {
    if (shown.nodeType !== fresh.nodeType || shown.nodeName !== fresh.nodeName || (shown.id || "") !== (fresh.id || "")) {
      shown.replaceWith(document.importNode(fresh, true));
      return;
    }
    if (shown.nodeType !== Node.ELEMENT_NODE) {
      if (shown.nodeValue !== fresh.nodeValue) shown.nodeValue = fresh.nodeValue;
      return;
    }
    // What somebody has opened to read stays open.
    const kept = shown.nodeName === "DETAILS" ? "open" : "";
    for (const { name } of [...shown.attributes]) if (name !== kept && !fresh.hasAttribute(name)) shown.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
    const old = [...shown.childNodes];
    const now = [...fresh.childNodes];
    now.forEach((child, i) => old[i] ? morph(old[i], child) : shown.append(document.importNode(child, true)));
    old.slice(now.length).forEach(child => child.remove());
  }

  function show(html) {
    const fresh = parse(html);
    if (!fresh) return;
    heardAt = Date.now();
    renderedAt = performance.now();
    morph(document.getElementById("board"), fresh);
    document.title = fresh.dataset.title;
    if (icon.getAttribute("href") !== fresh.dataset.icon) icon.setAttribute("href", fresh.dataset.icon);
    tell("live");
    compareClocks(fresh.dataset.now);
    runDown();
  }

  function tell(state) {
    if (link.dataset.link === state) return;
    link.dataset.link = state;
    document.body.classList.toggle("old", state === "gone");
    linkText.textContent = { live: "live", gone: "no connection", opening: "connecting…" }[state];
    gone.hidden = state !== "gone";
    if (state !== "gone") return;
    const at = new Date(heardAt).toISOString().slice(11, 19);
    gone.textContent = `This dashboard itself has not answered since ${at} UTC. What you see is of that time; the elections go on without it. Trying again…`;
    document.title = "? dashboard is away";
    icon.setAttribute("href", "/unreachable.svg");
  }

  // Leads and gaps are by the clocks of store and nodes; who compares them with another clock should know how far it is off.
  function compareClocks(now) {
    const seconds = Math.round((Date.now() - Date.parse(now)) / 1000);
    skew.hidden = !(Math.abs(seconds) > 5);
    if (skew.hidden) return;
    const text = `This browser's clock is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead of" : "behind"} the dashboard's. All times here are by the clocks of store and nodes.`;
    if (skew.textContent !== text) skew.textContent = text;
  }

  // A lease runs down evenly between two renderings. Where less motion is wanted, it steps with the renderings.
  function runDown() {
    for (const bar of document.querySelectorAll(".bar")) {
      const left = Math.max(0, bar.dataset.left - (performance.now() - renderedAt));
      bar.querySelector(".left").setAttribute("width", `${100 * left / bar.dataset.length}%`);
      const text = bar.parentElement.querySelector(".left-text");
      if (text) text.textContent = left < 9950 ? `${(left / 1000).toFixed(1)} s` : `${Math.floor(left / 1000)} s`;
    }
  }

  function open() {
    source = new EventSource(`/live?range=${document.body.dataset.range}`);
    source.addEventListener("board", event => show(event.data));
    source.onerror = () => tell("gone");
  }

  tell("opening");
  open();
  setInterval(() => {
    if (Date.now() - heardAt > silence) tell("gone");
    // The browser tries again by itself, except after an answer that was no stream.
    if (source.readyState === EventSource.CLOSED) open();
  }, 2000);
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) setInterval(() => { if (link.dataset.link === "live") runDown(); }, 100);
})();
