// @ts-check
// ---------------------------------------------------------------- image maps
//
// An area is not displayed itself; it is a shape on the picture that uses its map.
// https://html.spec.whatwg.org/#image-maps

/** The map of a picture that is the first one to use it. @param {Element} img @returns {Element | null} */
function mapOf(img) {
  const name = (img.getAttribute('usemap') ?? '').replace(/^[^#]*#/, '');
  if (!name || img.localName !== 'img') return null;
  const root = /** @type {Document} */ (img.getRootNode());
  const map = root.querySelector(`map[name="${CSS.escape(name)}"]`);
  return map && pictureOf(map) === img ? map : null;
}

/** The picture that an area, or all of a map, is drawn on. @param {Element} el @returns {Element | null} */
function pictureOf(el) {
  const name = el.closest('map')?.getAttribute('name');
  const root = /** @type {Document} */ (el.getRootNode());
  return name ? root.querySelector(`img[usemap$="#${CSS.escape(name)}"]`) : null;
}

/** What can be clicked of a map. @param {Element} map */
function areasOf(map) {
  return [...map.querySelectorAll('area')].filter(
    (el) => el.hasAttribute('href') || el.hasAttribute('onclick') || listening.has(el),
  );
}

/** The box around an area's shape. @param {Element} el @returns {Rect} */
function areaRect(el) {
  const picture = pictureOf(el);
  if (!picture) return NOTHING;
  // Chromium counts from the border's corner, whatever border and padding there are.
  const all = rectOf(picture);
  const scale = (all.r - all.l) / /** @type {HTMLElement} */ (picture).offsetWidth || 1;
  const numbers = (el.getAttribute('coords') ?? '').split(/[\s,;]+/).map(parseFloat);
  const shape = (el.getAttribute('shape') ?? 'rect').toLowerCase();
  if (shape === 'default' || numbers.some(Number.isNaN)) return shape === 'default' ? all : NOTHING;
  const at = (/** @type {number[]} */ xs, /** @type {number[]} */ ys) => ({
    l: all.l + scale * Math.min(...xs),
    t: all.t + scale * Math.min(...ys),
    r: all.l + scale * Math.max(...xs),
    b: all.t + scale * Math.max(...ys),
  });
  const [x, y, r] = numbers;
  if (/^circ/.test(shape)) return meet(all, at([x - r, x + r], [y - r, y + r]));
  const ends = numbers.slice(0, numbers.length & ~1);
  return meet(all, at(ends.filter((_, i) => i % 2 === 0), ends.filter((_, i) => i % 2 === 1)));
}
