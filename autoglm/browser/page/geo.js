// @ts-check
// ---------------------------------------------------------------- what may be seen in a box

const NOTHING = { l: 0, t: 0, r: 0, b: 0 };

/**
 * What may be seen of the things in a scrolling or clipping box: `clip` is all that scrolling can bring out, `view` what
 * can be seen now; the loose ones are of what is positioned and so is not held by boxes that are not. Shared by all that
 * stands in the box, and brought up to date when it is asked in another look.
 */
class Geo {
  clip = NOTHING;
  view = NOTHING;
  looseClip = NOTHING;
  looseView = NOTHING;
  /** Cuts off what scrolling does not bring out, now. */
  cuts = false;
  /** Holds more than fits: else it cannot be scrolled before something in it changes. */
  wide = false;
  tall = false;
  scrollLeft = 0;
  scrollTop = 0;
  stamp = -1;
  /** @type {Map<string, Geo>} */
  variants = new Map();

  /** @param {Element | null} el @param {Geo | null} outer @param {string} kind @param {boolean} clipped */
  constructor(el, outer, kind, clipped) {
    this.el = el;
    this.outer = outer;
    this.kind = kind;
    this.clipped = clipped;
  }
}

const rootGeo = new Geo(null, null, 'root', false);
/** @type {WeakMap<Element, Geo>} */
const geos = new WeakMap();
/** Counts the times that where things lie was asked anew. */
let measured = 0;

/** A box as it is in this look. @param {Geo} geo */
function current(geo) {
  if (geo.stamp !== measured) {
    geo.stamp = measured;
    measure(geo);
  }
  return geo;
}

/** @param {Geo} geo */
function measure(geo) {
  const { el, outer, kind } = geo;
  if (!outer) {
    geo.clip = geo.looseClip = reachable();
    geo.view = geo.looseView = meet(viewport(), outside.clip);
    return;
  }
  const around = current(outer);
  geo.clip = around.clip;
  geo.view = around.view;
  geo.looseClip = around.looseClip;
  geo.looseView = around.looseView;
  if (kind === 'fixed') {
    geo.clip = viewport();
    geo.view = meet(viewport(), outside.clip);
  } else if (kind === 'loose') {
    geo.clip = around.looseClip;
    geo.view = around.looseView;
  } else if (kind === 'cut') {
    geo.clip = geo.view = geo.looseClip = geo.looseView = NOTHING;
  } else if (el) {
    if (kind !== 'positioned') measureBox(geo, el, around);
    if (kind.includes('positioned')) {
      geo.looseClip = geo.clip;
      geo.looseView = geo.view;
    }
  }
}

/** @param {Geo} geo @param {Element} el @param {Geo} around */
function measureBox(geo, el, around) {
  const { l, t, r: right, b } = rectOf(el);
  const [x, y] = [geo.kind.includes('u') ? Infinity : 0, geo.kind.includes('v') ? Infinity : 0];
  const r = { l: l - x, t: t - y, r: right + x, b: b + y };
  geo.view = meet(around.view, r);
  geo.clip = seen(meet(around.clip, r)) ? scrolled(el, r, around.clip, geo.kind) : NOTHING;
  geo.cuts =
    (!/x|u/.test(geo.kind) && el.scrollWidth > el.clientWidth) ||
    (!/y|v/.test(geo.kind) && el.scrollHeight > el.clientHeight);
  geo.wide = el.scrollWidth > el.clientWidth;
  geo.tall = el.scrollHeight > el.clientHeight;
  geo.scrollLeft = el.scrollLeft;
  geo.scrollTop = el.scrollTop;
}

/** @param {Geo} geo @param {string} kind */
function variant(geo, kind) {
  let found = geo.variants.get(kind);
  if (!found) geo.variants.set(kind, (found = new Geo(null, geo, kind, geo.clipped)));
  return found;
}

/**
 * Narrows what may be seen of the things in a scrolling or clipping box. A kind says which ways it scrolls (x, y) and
 * which ways it does not cut (u, v).
 * @param {Element} el
 * @param {CSSStyleDeclaration} style
 * @param {Geo} outer
 */
function geoWithin(el, style, outer) {
  const kind = kindOf(el, style, outer);
  if (!kind) return outer;
  const known = geos.get(el);
  if (known && known.outer === outer && known.kind === kind) return known;
  const geo = new Geo(el, outer, kind, kind !== 'positioned' || outer.clipped);
  geos.set(el, geo);
  return geo;
}

/** @param {Element} el @param {CSSStyleDeclaration} style @param {Geo} outer */
function kindOf(el, style, outer) {
  if (style.clipPath !== 'none' && cutAway(style)) return 'cut';
  const { overflowX, overflowY } = style;
  const open = overflowX === 'visible' && overflowY === 'visible';
  const clips = !open && el !== document.documentElement && el !== document.body;
  if (!clips && !outer.clipped) return '';
  const positioned = style.position !== 'static' ? 'positioned' : '';
  if (!clips) return positioned;
  const x = /^(auto|scroll)$/.test(overflowX) ? (style.direction === 'rtl' ? 'xr' : 'x') : '';
  const y = /^(auto|scroll)$/.test(overflowY) ? 'y' : '';
  // `clip` leaves the other way as it is, while beside hidden, auto and scroll the browser makes visible auto:
  // https://www.w3.org/TR/css-overflow-3/#overflow-properties
  const uncut = `${overflowX === 'visible' ? 'u' : ''}${overflowY === 'visible' ? 'v' : ''}`;
  return `b ${x} ${y} ${uncut} ${positioned}`;
}

/**
 * All that can be scrolled into a box; what it hides is cut off.
 * @param {Element} el
 * @param {Rect} r
 * @param {Rect} outer
 * @param {string} kind
 * @returns {Rect}
 */
function scrolled(el, r, outer, kind) {
  const cut = meet(r, outer);
  if (kind.includes('x')) {
    cut.l = r.l + el.clientLeft - el.scrollLeft - (kind.includes('r') ? el.scrollWidth - el.clientWidth : 0);
    cut.r = cut.l + el.scrollWidth;
  }
  if (kind.includes('y')) {
    cut.t = r.t + el.clientTop - el.scrollTop;
    cut.b = cut.t + el.scrollHeight;
  }
  return cut;
}
