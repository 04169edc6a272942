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

/** @param {Rect} outer @param {Rect} inner */
function encloses(outer, inner) {
  return inner.l >= outer.l && inner.r <= outer.r && inner.t >= outer.t && inner.b <= outer.b;
}

/** @param {Rect} r @param {number} x @param {number} y */
function inside(r, x, y) {
  return x >= r.l && x < r.r && y >= r.t && y < r.b;
}

/** @param {Element} el @returns {Rect} */
function rectOf(el) {
  const { left, top, right, bottom } = el.getBoundingClientRect();
  return { l: left, t: top, r: right, b: bottom };
}

/** The element's rectangle, or that of the first thing drawn in it. @param {Element} el */
function drawnRect(el) {
  if (el.localName === 'area') return areaRect(el);
  let rect = rectOf(el);
  for (let i = 0, inner = el.firstElementChild; !(rect.r > rect.l && rect.b > rect.t) && inner && i < 5; i++) {
    rect = rectOf(inner);
    inner = inner.nextElementSibling ?? inner.firstElementChild;
  }
  if (rect.r > rect.l || !el.firstChild || el.checkVisibility()) return rect;
  // A box that is not drawn itself, display: contents.
  const range = document.createRange();
  range.selectNodeContents(el);
  const text = range.getBoundingClientRect();
  return { l: text.left, t: text.top, r: text.right, b: text.bottom };
}

/** As the driver reads it: x, y, width, height, CSS px. @param {Rect} r */
function boxOf(r) {
  return [r.l, r.t, r.r - r.l, r.b - r.t].map((n) => Math.round(n * 10) / 10);
}

/** What a person sees of this document without scrolling it. @returns {Rect} */
function viewport() {
  return { l: 0, t: 0, r: innerWidth, b: innerHeight };
}

/** @param {Rect} r @param {number} dx @param {number} dy @returns {Rect} */
function moved(r, dx, dy) {
  return { l: r.l + dx, t: r.t + dy, r: r.r + dx, b: r.b + dy };
}

/** In the document that it is in. @param {Element} el @returns {Rect} */
function fromDocument(el) {
  return moved(drawnRect(el), scrollX, scrollY);
}

/** All that the document's own scrolling can bring into view. @returns {Rect} */
function reachable() {
  const root = document.documentElement;
  const body = document.body ? getComputedStyle(document.body) : null;
  const fixedWidth = [getComputedStyle(root).overflowX, body?.overflowX].some((x) => x === 'hidden' || x === 'clip');
  const width = fixedWidth ? root.clientWidth : root.scrollWidth;
  const l = (body?.direction === 'rtl' ? root.clientWidth - width : 0) - scrollX;
  return { l, t: -scrollY, r: l + width, b: Math.max(root.scrollHeight, innerHeight) - scrollY };
}
