// @ts-check
// ---------------------------------------------------------------- what a field offers while one types
//
// Most suggestions come after a pause in typing, many after an answer from a server, whose request is waited for by
// whoever looks next. So the wait here ends with a choice shown at the field, not with just anything that is shown.

/** What came or showed itself since a field was given the focus; null when nobody waits. @type {Set<Element> | null} */
let came = null;
const CHOICES = '[role=option], [role=menuitem], [role=treeitem], [role=row], li, tr, a, button, [tabindex], [onclick]';
const POPUPS = '[role=listbox], [role=menu], [role=grid], [role=tree], ul, ol, table';
const CHOICE = /option|suggest|result|autocomplete|typeahead|item/i;
const CONCEALED = /display:\s*none|visibility:\s*hidden|opacity:\s*0(?![.\d])/;
/** Px between a field and what it offers. */
const AT_FIELD = 60;

/** Whether a field offers suggestions while one types, as far as it says so. @param {Element} el */
function suggests(el) {
  if (el.hasAttribute('list')) return false; // the browser's own list, not the page's
  const says = roleOf(el) === 'combobox' || el.hasAttribute('aria-autocomplete');
  return says || /autocomplete|typeahead|suggest/i.test(el.className);
}

/** Waits for the suggestions of a field that offers some. */
async function suggested(/** @type {Element} */ el, /** @type {number} */ mostMs) {
  const from = performance.now();
  while (suggests(el) && !offers(el) && performance.now() - from < mostMs) await frame();
  came = null;
}

/** @param {MutationRecord} record */
function noteCome({ type, target, addedNodes, attributeName, oldValue }) {
  const el = target instanceof Element ? target : (target.parentElement ?? /** @type {ShadowRoot} */ (target).host);
  if (type === 'childList') {
    for (const node of addedNodes) {
      if (node instanceof Element) came?.add(node);
      else if (el) came?.add(el);
    }
  } else if (el && !(attributeName === 'style' && !CONCEALED.test(oldValue ?? ''))) came?.add(el); // else it fades, or moves
}

/** Whether it shows something to choose since then. @param {Element} field */
function offers(field) {
  const popups = popupsOf(field);
  return [...(came ?? [])].some((el) => {
    if (!el.isConnected) return false;
    if (popups.length) return popups.some((popup) => (el === field || holds(popup, el) || holds(el, popup)) && showsChoice(popup));
    const list = el.closest(POPUPS) ?? el;
    return !holds(list, field) && isAtField(list, field) && showsChoice(list);
  });
}

/** What it says that it opens, if that is there. @param {Element} field */
function popupsOf(field) {
  const box = field.closest('[role=combobox]');
  return [field, ...(box && box !== field ? [box] : [])].flatMap((el) => [
    ...referenced(el, 'aria-controls'),
    ...referenced(el, 'aria-owns'),
  ]);
}

/** @param {Element} list @param {Element} field */
function isAtField(list, field) {
  const { l, t, r, b } = rectOf(field);
  return touches(rectOf(list), { l, t: t - AT_FIELD, r, b: b + AT_FIELD });
}

/** @param {Element} list */
function showsChoice(list) {
  if (list.getAttribute('aria-busy') === 'true') return false;
  const choices = [list, ...list.querySelectorAll('*')].filter((el) => el.matches(CHOICES) || CHOICE.test(el.className));
  return choices.some((el) => {
    const text = clean(el.textContent ?? '');
    return text !== '' && !/^loading|(…|\.\.\.)$/i.test(text) && el.checkVisibility(DRAWN) && seen(rectOf(el));
  });
}
