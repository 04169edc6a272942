// @ts-check
// ---------------------------------------------------------------- closed shadow roots
//
// No script can see them; the browser can. Here is what may have one: custom elements, what has children in slots, what
// takes up room but shows nothing, and what shows something beside its children that is none of its own. The driver asks
// the browser about each once, and hands in what it finds. Most pages have none: the browser counts the elements once, in
// closed roots too, and when there are no more than can be seen, only what seems empty is asked about (a root may hold
// nothing but text) before something is added.

/** What `attachShadow` takes beside custom elements: https://dom.spec.whatwg.org/#valid-shadow-host-name */
const HOSTS = new Set(
  'article aside blockquote body div footer h1 h2 h3 h4 h5 h6 header main nav p section span'.split(' '),
);
const MOST_SUSPECTS = 300;
/** Not yet asked about. @type {Set<Element>} */
let suspects = new Set();
/** Whether it was asked about. @type {WeakSet<Element>} */
const cleared = new WeakSet();

/** Whether the browser counted no more elements than can be seen here, and none came since. */
let allOpen = false;

/**
 * Takes in how many nodes of this document, and of those of its site in it, the browser counts: elements, and texts with
 * a `<`, in closed roots too.
 * @param {number} nodes
 */
function count(nodes) {
  // A page without shadow roots and frames needs no search for them.
  const plain = document.getElementsByTagName('*').length + textsWithSign(document);
  allOpen = nodes === plain || nodes === countOpen(document);
}

/** Elements with children, which are judged after the walk, when it may be known that all is open. @type {Set<Element>} */
let unsettled = new Set();

/** Finds who of these may have a closed root. Whether that is done, by then. @param {number} until */
function settleHosts(until = Infinity) {
  if (allOpen || suspects.size >= MOST_SUSPECTS) unsettled.clear();
  for (const el of unsettled) {
    if (performance.now() > until) return false;
    unsettled.delete(el);
    if (el.isConnected && suspects.size < MOST_SUSPECTS && besidesRoot(el)) suspects.add(el);
  }
  return true;
}

/** Whether there is something in it beside its children. @param {Element} el */
function besidesRoot(el) {
  const child = el.firstElementChild;
  return child !== null && !rootOf(el) && (child.hasAttribute('slot') || strange(el, child));
}

/** The same without what is in closed roots. @param {Document} doc @returns {number} */
function countOpen(doc) {
  /** @type {(Document | ShadowRoot)[]} */
  const within = [doc];
  let found = elementsIn(doc, within, Infinity).length;
  for (const root of within) {
    found += textsWithSign(root);
    for (const frame of root.querySelectorAll('iframe, frame')) {
      const inner = /** @type {HTMLIFrameElement} */ (frame).contentDocument;
      if (inner) found += countOpen(inner);
    }
  }
  return found;
}

const SIGNED = 'count(.//text()[contains(., "<")]) + count(.//comment()[contains(., "<")])';

/** @param {Document | ShadowRoot} root @returns {number} */
function textsWithSign(root) {
  if (root.nodeType === Node.DOCUMENT_NODE) {
    // No XPath begins in a shadow root.
    const { documentElement } = /** @type {Document} */ (root);
    if (!documentElement) return 0;
    return /** @type {Document} */ (root).evaluate(SIGNED, documentElement, null, XPathResult.NUMBER_TYPE).numberValue;
  }
  let found = 0;
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_COMMENT);
  while (texts.nextNode()) if (texts.currentNode.nodeValue?.includes('<')) found++;
  return found;
}

/** @param {Element} el @param {boolean} silent whether the walk found nothing in it */
function suspect(el, silent) {
  if (cleared.has(el) || suspects.size >= MOST_SUSPECTS) return;
  if (el.localName.includes('-')) return void suspects.add(el);
  if (!HOSTS.has(el.localName)) return;
  if (silent && bare(el)) suspects.add(el);
  else if (!allOpen && el.firstElementChild) unsettled.add(el);
}

/** Px: less room than this beside its children holds nothing. */
const ROOM = 12;

/**
 * Whether there is something beside its children that no text or element of its own accounts for: there the caret would
 * stand outside of it, as it does for all that is in a closed root. https://drafts.csswg.org/cssom-view/#dom-document-caretpositionfrompoint
 * @param {Element} el
 * @param {Element} child the first
 */
function strange(el, child) {
  const r = el.getBoundingClientRect();
  if (r.height < ROOM || r.width < ROOM) return false;
  const first = child.getBoundingClientRect();
  if (r.bottom < 0 || r.top > innerHeight) return displaced(el, child, first.left - r.left, first.top - r.top);
  const last = el.lastElementChild === child ? first : /** @type {Element} */ (el.lastElementChild).getBoundingClientRect();
  const [x, y] = [(r.left + r.right) / 2, (first.top + first.bottom) / 2];
  return (
    (first.top - r.top > ROOM && odd(el, r.left + ROOM, (r.top + first.top) / 2, x)) ||
    (r.bottom - last.bottom > ROOM && odd(el, r.left + ROOM, (last.bottom + r.bottom) / 2, x)) ||
    (first.left - r.left > ROOM && odd(el, (r.left + first.left) / 2, y)) ||
    (r.right - last.right > ROOM && odd(el, last.right + ROOM, (last.top + last.bottom) / 2))
  );
}

/**
 * The same where no caret tells, out of view: its first child stands further in than its own style accounts for.
 * @param {Element} el
 * @param {Element} child
 * @param {number} right
 * @param {number} down
 */
function displaced(el, child, right, down) {
  if ((right <= ROOM && down <= ROOM) || !child.checkVisibility()) return false;
  for (let node = el.firstChild; node !== child; node = /** @type {ChildNode} */ (node).nextSibling)
    if (node?.nodeType === Node.TEXT_NODE && /** @type {Text} */ (node).data.trim()) return false;
  const [own, inner] = [getComputedStyle(el), getComputedStyle(child)];
  if (!/^(block|inline-block|list-item|flow-root)$/.test(own.display) || inner.position !== 'static') return false;
  if (inner.float !== 'none' || own.direction === 'rtl' || getComputedStyle(el, '::before').content !== 'none') return false;
  const px = (/** @type {string[]} */ ...lengths) => lengths.reduce((sum, length) => sum + (parseFloat(length) || 0), ROOM);
  // What is in a line stands lower than the line's top.
  const line = inner.display.startsWith('inline') ? (parseFloat(own.lineHeight) ? own.lineHeight : own.fontSize) : '0';
  if (down > px(own.paddingTop, own.borderTopWidth, inner.marginTop, line)) return true;
  if (!/^(start|left|justify)$/.test(own.textAlign)) return false;
  return right > px(own.paddingLeft, own.borderLeftWidth, inner.marginLeft, own.textIndent);
}

/** @param {Element} el @param {number} x @param {number} y @param {number} [other] another x to try @returns {boolean} */
function odd(el, x, y, other) {
  const root = /** @type {Document} */ (el.getRootNode());
  if (!inside(viewport(), x, y)) return false;
  const at = document.caretPositionFromPoint(x, y)?.offsetNode;
  if (at && at === el.parentNode && root.elementFromPoint(x, y) === el) return true;
  return other !== undefined && odd(el, other, y);
}

/** Takes up room though nothing in it is drawn. @param {Element} el */
function bare(el) {
  const { width, height } = el.getBoundingClientRect();
  if (width <= 1 || height <= 1 || !el.checkVisibility({ opacityProperty: true })) return false;
  return !el.firstElementChild?.getClientRects().length;
}

/** What may have a closed shadow root and was not asked about yet. */
function hosts() {
  for (const el of suspects) if (!el.isConnected) suspects.delete(el);
  return [...suspects];
}

/** The browser was asked about these. @param {Element[]} hosts */
function clear(hosts) {
  for (const el of hosts) {
    suspects.delete(el);
    cleared.add(el);
  }
}

/**
 * Takes an element's closed shadow root in.
 * @param {Element} el
 * @param {ShadowRoot} root
 * @param {Element[]} clicked what listens to clicks in it
 */
function adopt(el, root, clicked) {
  adopted.set(el, root);
  watch(root);
  for (const each of clicked) heard.add(each);
  if (clicked.length) sortOut();
  spoilt = true;
}
