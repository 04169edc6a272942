// @ts-check
// ---------------------------------------------------------------- geometry

/** @param {Rect} a @param {Rect} b @returns {Rect} */
function meet(a, b) {
  return { l: Math.max(a.l, b.l), t: Math.max(a.t, b.t), r: Math.min(a.r, b.r), b: Math.min(a.b, b.b) };
}

/** More than a pixel each way: less is how text is hidden from eyes but not from readers. @param {Rect} r */
function seen(r) {
  return r.r - r.l > 1 && r.b - r.t > 1;
}

/** Overlaps, even if as thin as a line. @param {Rect} a @param {Rect} b */
function touches(a, b) {
  return a.l < b.r && a.r > b.l && a.t < b.b && a.b > b.t;
}

/** @param {Element} el @param {number} dx @param {number} dy @returns {Rect} */
function rectOf(el, dx, dy) {
  const r = el.getBoundingClientRect();
  return { l: r.left + dx, t: r.top + dy, r: r.right + dx, b: r.bottom + dy };
}

/**
 * The element's rectangle, or that of the first thing drawn in it.
 * @param {Element} el
 * @param {number} dx
 * @param {number} dy
 */
function drawnRect(el, dx, dy) {
  let rect = rectOf(el, dx, dy);
  for (let i = 0, inner = el.firstElementChild; !(rect.r > rect.l && rect.b > rect.t) && inner && i < 5; i++) {
    rect = rectOf(inner, dx, dy);
    inner = inner.nextElementSibling ?? inner.firstElementChild;
  }
  if (rect.r > rect.l || !el.firstChild || el.checkVisibility()) return rect;
  // A box that is not drawn itself, display: contents.
  const range = el.ownerDocument.createRange();
  range.selectNodeContents(el);
  const text = range.getBoundingClientRect();
  return { l: text.left + dx, t: text.top + dy, r: text.right + dx, b: text.bottom + dy };
}

/** Where the frame's own coordinates begin in the top viewport. @param {Document} doc */
function offsetOf(doc) {
  let [x, y] = [0, 0];
  for (let host = frameOf(doc); host; host = frameOf(host.ownerDocument)) {
    const inner = innerOffset(host);
    x += inner.x;
    y += inner.y;
  }
  return { x, y };
}

/** @param {Element} host */
function innerOffset(host) {
  const rect = host.getBoundingClientRect();
  const style = getComputedStyle(host);
  return {
    x: rect.left + host.clientLeft + parseFloat(style.paddingLeft),
    y: rect.top + host.clientTop + parseFloat(style.paddingTop),
  };
}

/** @param {Element} el */
function topRect(el) {
  const { x, y } = offsetOf(el.ownerDocument);
  return drawnRect(el, x, y);
}

/** @param {Rect} r @param {number} dx @param {number} dy @returns {Rect} */
function moved(r, dx, dy) {
  return { l: r.l + dx, t: r.t + dy, r: r.r + dx, b: r.b + dy };
}

/** In the document that it is in. @param {Element} el @returns {Rect} */
function fromDocument(el) {
  const view = el.ownerDocument.defaultView ?? window;
  return drawnRect(el, view.scrollX, view.scrollY);
}

/**
 * All that a document's own scrolling can bring into view.
 * @param {Document} doc
 * @param {number} dx
 * @param {number} dy
 * @returns {Rect}
 */
function reachable(doc, dx, dy) {
  const root = doc.documentElement;
  const view = doc.defaultView ?? window;
  const body = doc.body ? getComputedStyle(doc.body) : null;
  const fixedWidth = [getComputedStyle(root).overflowX, body?.overflowX].some((x) => x === 'hidden' || x === 'clip');
  const width = fixedWidth ? root.clientWidth : root.scrollWidth;
  const least = body?.direction === 'rtl' ? root.clientWidth - width : 0;
  const l = dx + least - view.scrollX;
  const t = dy - view.scrollY;
  return { l, t, r: l + width, b: t + Math.max(root.scrollHeight, view.innerHeight) };
}
