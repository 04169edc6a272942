// @ts-check
// ---------------------------------------------------------------- who names whom

/** Whether a look is under way, in which nothing changes. */
let looking = false;
/** The labels of each control, as they were found last. @type {Map<Element, Element[]>} */
let labels = new Map();
/** What is named by something elsewhere, with what names it. @type {[Element, Element[]][]} */
let labelled = [];
/** Elements whose text is the name of something listed. @type {Set<Element>} */
let saidByLabels = new Set();
/** Legends that are said as the name of their group, with that. @type {WeakMap<Element, Element>} */
const legends = new WeakMap();
/** The other way round. @type {WeakMap<Element, Element>} */
const legendOf = new WeakMap();
/** Whether labels or ids came, went or changed. */
let relationsStale = true;
/** Roots that are watched, the document first. @type {Set<WeakRef<Document | ShadowRoot>>} */
const roots = new Set();

/** Brings up to date who names whom; what that changes is walked again. */
function relate() {
  if (relationsStale) {
    relationsStale = false;
    const before = labels;
    findLabels();
    if (!model?.first)
      for (const el of changedKeys(before, labels)) {
        for (const each of [el, ...(before.get(el) ?? []), ...(labels.get(el) ?? [])]) mark(each);
      }
  }
  const said = new Set();
  for (const [el, by] of labelled) if (el.checkVisibility(DRAWN)) for (const label of by) said.add(label);
  if (!model?.first) {
    for (const el of said) if (!saidByLabels.has(el)) markAll(el);
    for (const el of saidByLabels) if (!said.has(el)) markAll(el);
  }
  saidByLabels = said;
}

function findLabels() {
  labels = new Map();
  labelled = [];
  for (const root of liveRoots()) findLabelsIn(root);
}

/** @returns {(Document | ShadowRoot)[]} */
function liveRoots() {
  const all = [];
  for (const kept of roots) {
    const root = kept.deref();
    if (root === document || /** @type {ShadowRoot | undefined} */ (root)?.host.isConnected) all.push(root);
    else roots.delete(kept);
  }
  return /** @type {(Document | ShadowRoot)[]} */ (all);
}

/** @param {Document | ShadowRoot} root */
function findLabelsIn(root) {
  for (const el of root.querySelectorAll('label, [aria-labelledby]')) {
    const control = el.localName === 'label' ? /** @type {HTMLLabelElement} */ (el).control : null;
    if (control) labels.set(control, [...(labels.get(control) ?? []), el]);
    const to = el.getAttribute('for');
    if (to) wanted.add(to);
    if (el.hasAttribute('aria-labelledby')) findLabelled(el);
  }
}

/** A shadow root is met for the first time. @param {ShadowRoot} root */
function relateRoot(root) {
  const from = labelled.length;
  findLabelsIn(root);
  for (const [el, by] of labelled.slice(from)) {
    if (el.checkVisibility(DRAWN)) for (const label of by) saidByLabels.add(label);
  }
}

/** Text that names a control or a dialog is said there. @param {Element} el */
function findLabelled(el) {
  const role = roleOf(el);
  if (!WIDGETS.has(role) && !/^(dialog|alertdialog|group|radiogroup|listbox)$/.test(role)) return;
  const by = referenced(el, 'aria-labelledby').filter(
    (label) => !/^(cell|columnheader|rowheader|row)$/.test(roleOf(label)) && !nativeControl(label),
  );
  labelled.push([el, by]);
}

/** @param {Map<Element, Element[]>} a @param {Map<Element, Element[]>} b */
function changedKeys(a, b) {
  const keys = new Set([...a.keys(), ...b.keys()]);
  return [...keys].filter((key) => !sameList(a.get(key), b.get(key)));
}

/** @param {Element[] | undefined} a @param {Element[] | undefined} b */
function sameList(a, b) {
  return a?.length === b?.length && (a ?? []).every((el, i) => el === b?.[i]);
}
