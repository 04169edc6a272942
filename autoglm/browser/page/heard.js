// @ts-check
// ---------------------------------------------------------------- who listens to clicks
//
// Only the page's own world can tell (listeners.js): it is asked for all of the page once, then for what is new.

/** Whatever listens to clicks. @type {Set<Element>} */
let heard = new Set();
/** What a click is listened for on, and that is nothing but a container of such. @type {Set<Element>} */
let listening = new Set();
/** Lists that what is in them is dragged about in. @type {WeakSet<Element>} */
const sorting = new WeakSet();
/** Elements that were added since it was asked; the document when all must be asked. @type {Set<Node>} */
let unasked = new Set([document]);
/** @type {Node[]} */
let asked = [];
const MOST_ASKED = 200;
/** Elements that are asked of one that was added, or of the page. */
const MOST_HEARD = 50_000;

/**
 * What only the browser knows: who listens to clicks in what these ways lead to; and how many nodes there are in all,
 * where that tells whether there are closed roots (see count).
 */
function toAsk() {
  const ways = waysToAsk();
  return { ways, count: self === top && unasked.has(document) };
}

/** Ways from the document to what was added, child by child; -1 leads into a shadow root. @returns {number[][]} */
function waysToAsk() {
  if (unasked.size > MOST_ASKED || unasked.has(document)) unasked = new Set([document]);
  asked = [...unasked].filter(
    (el) => el.isConnected && ![...unasked].some((other) => other !== el && other.contains(el)),
  );
  asked = asked.filter((el) => wayTo(el) !== null);
  unasked = new Set(asked);
  return asked.map((el) => /** @type {number[]} */ (wayTo(el)));
}

/** @param {Node} node @returns {number[] | null} null in a closed shadow root */
function wayTo(node) {
  const way = [];
  for (let at = node; at !== document;) {
    const parent = /** @type {Element | ShadowRoot | null} */ (at.parentNode);
    if (parent) {
      way.push([].indexOf.call(parent.children, /** @type {never} */ (at)));
      at = parent;
    } else {
      const { host, mode } = /** @type {ShadowRoot} */ (at);
      if (!host || mode === 'closed') return null;
      way.push(-1);
      at = host;
    }
  }
  return way.reverse();
}

/**
 * @param {{on: number[][], nodes: number | null}} answer for each of them how many elements it has, then the positions of
 *   those that listen, -1 - position of lists that are sorted; and see count()
 */
function hear({ on: found, nodes }) {
  if (nodes !== null) count(nodes);
  if (found.length !== asked.length) return;
  for (const [i, [count, ...positions]] of found.entries()) {
    const all = elementsOf(asked[i], count);
    if (!all) continue;
    unasked.delete(asked[i]);
    for (const at of positions) {
      if (at >= 0) hearing(all[at]);
      else sorts(all[-1 - at]);
    }
  }
  sortOut();
}

/**
 * All elements of a node when there are so many, by which none is in a shadow root or those are asked too.
 * @param {Node} node
 * @param {number} count
 * @returns {ArrayLike<Element> | null}
 */
function elementsOf(node, count) {
  const plain = node === document ? document.querySelectorAll('*') : null;
  if (plain?.length === count) return plain;
  const all = elementsIn(node);
  return all.length === count ? all : null;
}

/** @param {Element} el */
function hearing(el) {
  if (!heard.has(el) && model && el.querySelector('[role=gridcell]')) markAll(el);
  heard.add(el);
}

/** @param {Element} list */
function sorts(list) {
  if (!sorting.has(list)) markAll(list);
  sorting.add(list);
}

/** A cell of a grid that listens to clicks in all its cells. @param {Element} el */
function isInHeardGrid(el) {
  for (let up = /** @type {Element | null} */ (el), i = 0; up && i < 12; up = up.parentElement, i++) {
    if (heard.has(up)) return true;
    if (up !== el && /^(grid|treegrid)$/.test(up.getAttribute('role') ?? '')) return heard.has(up.parentElement ?? up);
  }
  return false;
}

/** Its cells are what is used. @param {Element} el @param {string} role */
function isRowOfCells(el, role) {
  return /^row(group)?$/.test(role) && el.querySelector('[role=gridcell], [role=columnheader][tabindex]') !== null;
}

/** In a row that is no row of headers: what is for all of a column is in those. @param {Element} el */
function isInBody(el) {
  const row = el.closest('[role=row], tr');
  return row !== null && !row.querySelector('[role=columnheader], th') && !el.closest('[role=columnheader], th');
}

/** One of the things in such a list. @param {Element} el */
function isSorted(el) {
  return el.parentElement !== null && sorting.has(el.parentElement) && (el.textContent?.length ?? 0) <= LONG;
}

/** What the mouse takes hold of, by its cursor; not a box that holds other controls. @param {Element} el */
function isGrip(el) {
  return (el.textContent?.length ?? 0) <= LONG && !el.querySelector(INNER_CONTROLS) && !isTitle(el);
}

/** A dialog's title, by which it is moved, and which would read like one of its buttons. @param {Element} el */
function isTitle(el) {
  const dialog = el.closest('dialog, [role=dialog], [role=alertdialog]');
  const text = clean(el.textContent ?? '');
  if (dialog) sources?.push(dialog);
  return dialog !== null && text !== '' && accessibleName(dialog, 'dialog').startsWith(text);
}

/**
 * An element and all in it, open shadow roots too; as listeners.js counts them.
 * @param {Node} node
 * @param {(Document | ShadowRoot)[]} [roots] the shadow roots are added to these
 * @param {number} [most]
 */
function elementsIn(node, roots = [], most = MOST_HEARD) {
  const all = node.nodeType === Node.ELEMENT_NODE ? [/** @type {Element} */ (node)] : [];
  const add = (/** @type {ParentNode} */ root) => {
    if (root.nodeType === Node.DOCUMENT_FRAGMENT_NODE) roots.push(/** @type {ShadowRoot} */ (root));
    for (const el of root.querySelectorAll('*')) {
      if (all.length >= most) return;
      all.push(el);
      if (el.shadowRoot) add(el.shadowRoot);
    }
  };
  const { shadowRoot } = /** @type {Element} */ (node);
  if (shadowRoot) add(shadowRoot);
  add(/** @type {Element} */ (node));
  return all;
}

/** Leaves out what only holds others that listen; what that changes is walked again. */
function sortOut() {
  const before = listening;
  for (const el of heard) if (!el.isConnected) heard.delete(el);
  listening = new Set(heard);
  const climbed = new Set();
  for (const el of heard) {
    for (let up = above(el); up && !climbed.has(up); up = above(up)) {
      climbed.add(up);
      listening.delete(up);
    }
  }
  for (const el of listening) if (!before.has(el)) mark(el);
  for (const el of before) if (!listening.has(el)) mark(el);
}
