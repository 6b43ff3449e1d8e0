// Runs before the page's own script: writes down what the page shows, and when it began to.
(() => {
  const seen = window.seen = [];
  const text = (root, selector) => root.querySelector(selector)?.textContent.trim().replace(/\s+/g, " ") ?? "";
  function look() {
    const board = document.getElementById("board");
    if (!board || seen.length >= 2000) return;
    const now = {
      leader: text(board, ".leader .name"),
      term: Number(text(board, ".facts .value.number")) || 0,
      condition: board.querySelector("[data-condition]")?.dataset.condition ?? "",
      sentence: text(board, "h1"),
      transition: text(board, ".transitions li .what"),
      drill: text(board, "[data-drill]"),
      board: text(document, "#board"),
    };
    const last = seen.at(-1);
    if (!last || Object.keys(now).some(key => now[key] !== last[key])) seen.push({ at: Date.now(), ...now });
  }
  addEventListener("DOMContentLoaded", () => {
    look();
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  });
})();
