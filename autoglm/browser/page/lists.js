// @ts-check
// ---------------------------------------------------------------- lists of which only some is there

const MOST_ROWS = 300;

/**
 * `31 to 60 of 5000` when a list says that it is longer than what it holds, empty when it says that this is all, null when
 * it says nothing. https://www.w3.org/TR/wai-aria-1.2/#aria-setsize, #aria-rowcount
 * @param {Element} el
 * @param {string} role
 */
function extentOf(el, role) {
  const tabular = /^(grid|treegrid|table)$/.test(role);
  const sized = tabular ? el : el.querySelector('[aria-setsize]');
  const size = parseInt(sized?.getAttribute(tabular ? 'aria-rowcount' : 'aria-setsize') ?? '');
  if (Number.isNaN(size)) return null;
  const place = tabular ? 'aria-rowindex' : 'aria-posinset';
  const placed = [...el.querySelectorAll(`[${place}]`)].filter((row) => !row.querySelector('[role=columnheader], th'));
  const held = new Set(placed.map((row) => parseInt(row.getAttribute(place) ?? '')));
  const rows = held.size || el.querySelectorAll(tabular ? 'tr, [role=row]' : 'li, [role=option], [role=listitem]').length;
  if (size >= 0 && rows >= size) return '';
  const span = held.size ? `${Math.min(...held)} to ${Math.max(...held)}` : `${rows}`;
  return size < 0 ? `${span}, and more` : `${span} of ${size}`;
}

/**
 * The same of a box that draws only the rows in view and says nothing: `rows 13 to 30 of about 5000`; else empty. Its rows
 * are the children of the first box in it that has several.
 * @param {Element} el
 */
function rowsIn(el) {
  if (el.closest('[aria-rowcount]') || el.querySelector('[aria-rowcount], [aria-setsize]')) return '';
  const rows = rowRects(el, el.clientHeight);
  if (rows.length < 3) return '';
  const height = rows.map((r) => r.b - r.t).sort((a, b) => a - b)[rows.length >> 1];
  const [from, to] = [Math.min(...rows.map((r) => r.t)), Math.max(...rows.map((r) => r.b))];
  if (to - from > el.scrollHeight / 2) return '';
  const start = el.getBoundingClientRect().top + el.clientTop - el.scrollTop;
  const at = (/** @type {number} */ y) => Math.max(Math.round((y - start) / height), 0);
  return `rows ${at(from) + 1} to ${at(to)} of about ${Math.round(el.scrollHeight / height)}`;
}

/** What is no taller than the box itself is a row; the rest holds the place of rows. @param {Element} el @param {number} most */
function rowRects(el, most) {
  let box = el;
  for (let depth = 0; depth < 6 && box.childElementCount <= MOST_ROWS; depth++) {
    const rects = [...box.children].map(rectOf);
    const rows = rects.filter((r) => r.b - r.t > 1 && r.b - r.t <= most && r.r - r.l > 1);
    if (rows.length > 1) return rows;
    const inner = [...box.children].find((child, i) => rects[i].b - rects[i].t > most || rows[0] === rects[i]);
    if (!inner) return rows;
    box = inner;
  }
  return [];
}
