// Runs beside the page's own script: what a test asks of the rendered page.
(() => {
  const numbers = new WeakMap();
  let next = 1;
  const number = element => numbers.get(element) ?? (numbers.set(element, next), next++);

  function name(element) {
    const label = (element.getAttribute("aria-label") ?? element.textContent).trim().replace(/\s+/g, " ").slice(0, 40);
    const place = element.id ? `#${element.id}` : element.classList.length ? `.${[...element.classList].join(".")}` : "";
    return `<${element.localName}${place}> '${label}'`;
  }

  const isShown = element => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  // What is only for screen readers is clipped away.
  const isClipped = element => element !== null && (getComputedStyle(element).clipPath !== "none" || isClipped(element.parentElement));
  const scrolls = element => /auto|scroll/.test(getComputedStyle(element).overflowX);

  function* texts() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (!node.nodeValue.trim() || parent.closest("script, style, noscript, title, option") || !isShown(parent) || isClipped(parent)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (box.width > 0) yield { text: node.nodeValue.trim().slice(0, 40), parent, box };
    }
  }

  function sideways() {
    const width = document.documentElement.clientWidth;
    const found = [];
    if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} px wide in ${width}`);
    for (const { text, parent, box } of texts()) {
      if (box.right > width + 1 || box.left < -1) found.push(`'${text}' in ${name(parent)} reaches from ${box.left | 0} to ${box.right | 0} px`);
    }
    for (const element of document.body.querySelectorAll("*")) {
      if (isShown(element) && scrolls(element) && element.scrollWidth > element.clientWidth + 1) {
        found.push(`${name(element)} scrolls sideways: ${element.scrollWidth} px in ${element.clientWidth}`);
      }
    }
    return found;
  }

  function focusables() {
    return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]")]
      .filter(e => e.tabIndex >= 0 && !e.disabled && isShown(e) && !(e.type === "radio" && !e.checked))
      .map(e => ({ id: number(e), name: name(e) }));
  }

  /** Nothing, or the one element that has the focus, and the contrast of the ring around it. */
  function focused() {
    const element = document.activeElement;
    if (!element || element === document.body || element === document.documentElement) return [];
    const style = getComputedStyle(element);
    const under = behind(element.parentElement);
    const isRinged = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return [{ id: number(element), name: name(element), ring: isRinged ? ratio(over(rgba(style.outlineColor), under), under) : 0 }];
  }

  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colors = new Map();
  function rgba(color) {
    if (!colors.has(color)) {
      pixel.clearRect(0, 0, 1, 1);
      pixel.fillStyle = color;
      pixel.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
      colors.set(color, [r, g, b, a / 255]);
    }
    return colors.get(color);
  }

  const over = ([r, g, b, a], under) => [r * a + under[0] * (1 - a), g * a + under[1] * (1 - a), b * a + under[2] * (1 - a), 1];

  /** The colour behind what an element shows: the layers of what it lies in, from the page up. */
  function behind(element) {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      layers.push(rgba(getComputedStyle(e).backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    const paper = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
    return layers.reduceRight((under, layer) => over(layer, under), paper);
  }

  /** In a drawing what is painted below decides, not what it lies in. */
  function below(element, box) {
    const shapes = document.elementsFromPoint(box.left + box.width / 2, box.top + box.height / 2)
      .filter(e => e !== element && e.ownerSVGElement && e.localName !== "text" && e.localName !== "tspan" && typeof e.getBBox === "function" && e.localName !== "g");
    const paint = shapes.map(e => {
      const style = getComputedStyle(e);
      const [r, g, b, a] = style.fill === "none" || style.fill.startsWith("url") ? [0, 0, 0, 0] : rgba(style.fill);
      return [r, g, b, a * style.fillOpacity * style.opacity];
    });
    return paint.reduceRight((under, layer) => over(layer, under), behind(element.closest("svg")));
  }

  function light([r, g, b]) {
    const part = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  }

  function ratio(one, other) {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  }

  function contrast() {
    let least = 21, count = 0;
    const found = [];
    for (const { text, parent, box } of texts()) {
      const style = getComputedStyle(parent);
      const drawn = parent.ownerSVGElement !== undefined && parent.ownerSVGElement !== null;
      let [r, g, b, a] = rgba(drawn ? style.fill : style.color);
      for (let e = parent; e; e = e.parentElement) a *= getComputedStyle(e).opacity;
      const under = drawn ? below(parent, box) : behind(parent);
      const has = ratio(over([r, g, b, a], under), under);
      const size = parseFloat(style.fontSize);
      const wanted = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
      count++;
      least = Math.min(least, has);
      if (has < wanted) found.push(`'${text}' in ${name(parent)}: ${has.toFixed(2)} : 1, wanted ${wanted} : 1`);
    }
    return { least, count, found };
  }

  window.reader = { sideways, focusables, focused, contrast };
})();
