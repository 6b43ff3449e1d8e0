// The page follows the server: each event carries a new rendering of <main>, which is worked into the one that is
// shown, so that focus, selection and scrolling stay. Without this script the page shows the state of its loading.
(() => {
  "use strict";
  if (document.body.dataset.still) return; // A moment of the past stays as it is.
  const silence = 5000; // The server sends at least once a second.
  const unseen = 5000; // For so long a hidden page goes on following: who changes tabs and comes back sees no break.
  const glance = 15000; // How often a hidden page looks, for its title and icon.
  const link = document.getElementById("link");
  const linkText = document.getElementById("link-text");
  const skew = document.getElementById("skew");
  const gone = document.getElementById("gone");
  const icon = document.getElementById("icon");
  let heardAt = Date.now();
  let renderedAt = performance.now();
  let source;
  let openedAt;
  let hiding;
  let asking = false;
  let refused = "";

  const range = document.body.dataset.range;
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
    morphChildren(shown, [...fresh.childNodes]);
  }

  // By id where there is one, else by place: a row that goes must not make another one of each that follows it.
  function morphChildren(shown, fresh) {
    const kept = new Set(fresh.map(child => child.id).filter(id => id));
    fresh.forEach((child, place) => {
      let here = shown.childNodes[place];
      const own = child.id ? [...shown.children].find(element => element.id === child.id) : here && !kept.has(here.id) ? here : undefined;
      // What goes is taken out before anything is moved: a move would take the focus away.
      while (own && here && here !== own && !kept.has(here.id)) {
        const next = here.nextSibling;
        here.remove();
        here = next;
      }
      if (!own) shown.insertBefore(document.importNode(child, true), here ?? null);
      else {
        if (own !== here) shown.insertBefore(own, here);
        morph(own, child);
      }
    });
    while (shown.childNodes.length > fresh.length) shown.lastChild.remove();
  }

  function show(html) {
    const fresh = parse(html);
    if (!fresh) return;
    refused = "";
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
    if (state === "gone") {
      const at = new Date(heardAt).toISOString().slice(11, 19);
      const text = refused
        ? `This dashboard does not let the page follow: ${refused} What you see is of ${at} UTC. Trying again…`
        : `This dashboard itself has not answered since ${at} UTC. What you see is of that time; the elections go on without it. Trying again…`;
      if (gone.textContent !== text) gone.textContent = text;
      document.title = refused ? "? not followed any more" : "? dashboard is away";
    }
    if (link.dataset.link === state) return;
    link.dataset.link = state;
    document.body.classList.toggle("old", state === "gone");
    linkText.textContent = { live: "live", gone: "no connection", opening: "connecting…" }[state];
    gone.hidden = state !== "gone";
    if (state === "gone") icon.setAttribute("href", "/unreachable.svg");
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
    openedAt = Date.now();
    source = new EventSource(`/live?range=${range}`);
    source.addEventListener("board", event => show(event.data));
    source.onerror = () => tell("gone");
  }

  // The browser tries again by itself, except after an answer that was no stream; and what that said it tells no script.
  async function openAnew() {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch(`/live?range=${range}`, { signal: AbortSignal.timeout(10000) });
      refused = answer.ok ? "" : (await answer.text()).slice(0, 200);
      if (answer.ok) await answer.body.cancel();
      if (answer.ok && source?.readyState === EventSource.CLOSED) open();
    } catch {
      refused = "";
    } finally {
      asking = false;
    }
    if (refused && source) tell("gone");
  }

  // A browser has six connections to a host, and a stream takes one for as long as it is open: six tabs that somebody
  // left open would let no seventh load and no form be sent. So a page that nobody sees only looks from time to time.
  function follow() {
    clearTimeout(hiding);
    if (!document.hidden) {
      if (!source) open();
      return;
    }
    hiding = setTimeout(() => {
      source?.close();
      source = undefined;
    }, unseen);
  }

  async function look() {
    let html;
    try {
      const answer = await fetch(`/?range=${range}`, { signal: AbortSignal.timeout(10000) });
      html = answer.ok ? await answer.text() : undefined;
    } catch {
      // It is away.
    }
    if (source) return; // Somebody looks again, and newer things may be shown by now.
    if (html) show(html);
    else tell("gone");
  }

  tell("opening");
  follow();
  document.addEventListener("visibilitychange", follow);
  setInterval(() => { if (!source) look(); }, glance);
  setInterval(() => {
    if (!source) return;
    if (Date.now() - Math.max(heardAt, openedAt) > silence) tell("gone");
    if (source.readyState === EventSource.CLOSED) openAnew();
  }, 2000);
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) setInterval(() => { if (link.dataset.link === "live") runDown(); }, 100);
})();
