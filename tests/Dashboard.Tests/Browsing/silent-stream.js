// Runs before the page's own script: instead of the server a test sends the renderings.
(() => {
  let hear;
  window.EventSource = class {
    static CLOSED = 2;
    readyState = 1;
    addEventListener(_, heard) { hear = heard; }
    close() {}
  };

  /** What is shown now as the server would render it, after a change to it. */
  window.render = change => {
    const board = document.getElementById("board").cloneNode(true);
    for (const details of board.querySelectorAll("details")) details.removeAttribute("open");
    change(board);
    hear({ data: board.outerHTML });
  };
})();
