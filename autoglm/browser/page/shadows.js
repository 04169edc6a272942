// @ts-check
// ---------------------------------------------------------------- closed shadow roots
//
// No script can see them; the browser can. Here is what may have one: custom elements, what has children in slots, and
// what takes up room but shows nothing. The driver asks the browser about each once, and hands in what it finds.

/** What `attachShadow` takes beside custom elements: https://dom.spec.whatwg.org/#valid-shadow-host-name */
const HOSTS = new Set(
  'article aside blockquote body div footer h1 h2 h3 h4 h5 h6 header main nav p section span'.split(' '),
);
const MOST_SUSPECTS = 300;
/** Not yet asked about. @type {Set<Element>} */
let suspects = new Set();
/** Whether it was asked about. @type {WeakSet<Element>} */
const cleared = new WeakSet();

/** @param {Element} el @param {boolean} silent whether the walk found nothing in it */
function suspect(el, silent) {
  if (cleared.has(el) || suspects.size >= MOST_SUSPECTS) return;
  const child = el.firstElementChild;
  if (el.localName.includes('-') || (HOSTS.has(el.localName) && (child?.hasAttribute('slot') || (silent && bare(el)))))
    suspects.add(el);
}

/** Takes up room though nothing in it is drawn. @param {Element} el */
function bare(el) {
  if (el.firstElementChild?.getClientRects().length) return false;
  const { width, height } = el.getBoundingClientRect();
  return width > 1 && height > 1;
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
