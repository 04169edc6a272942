// @ts-check
// ---------------------------------------------------------------- acting

/** What was drawn anew since the last look in the place of something listed. @type {Map<number, Element>} */
const standIns = new Map();

/** @param {number} ref @returns {Element | null} */
function alive(ref) {
  const el = standIns.get(ref) ?? model?.nodes.get(ref)?.el ?? told.get(ref);
  return el?.isConnected ? el : null;
}

/**
 * Where to press: resolves to {x, y} once the element is seen, enabled, at rest and not covered; else, after
 * `mostMs`, to why not. https://playwright.dev/docs/actionability
 * @param {number} ref
 * @param {{mostMs: number, enabled: boolean, bring?: boolean, off?: [number, number] | null}} options `bring`: show it
 * even when it is in view here; `off`: there and nowhere else, px from its middle
 */
async function aim(ref, options) {
  const end = performance.now() + options.mostMs;
  touch();
  if (options.bring) bringIn(alive(ref), 0);
  for (let tries = 0; ; tries++) {
    const el = alive(ref);
    if (!el) return { gone: listedCount() };
    const twin = twinOf(el);
    const found = await tryAim(el, options.enabled, tries, options.off ?? null);
    if ('x' in found) return (aimed = found);
    // A list that draws only what is seen draws all anew when it is scrolled.
    const drawn = el.isConnected ? null : twin();
    if (drawn) standIns.set(ref, drawn);
    else if (performance.now() > end) return found;
    await frame();
  }
}

/** Where aim() last said to press. */
let aimed = { x: 0, y: 0 };

/**
 * Finds, in the box in which an element scrolls, the only other one that is called the same and stands for it.
 * @param {Element} el
 * @returns {() => Element | null}
 */
function twinOf(el) {
  const scroller = inView(el) ? null : scrollerOf(el, false);
  if (!scroller) return () => null;
  const name = nameOf(el, roleOf(el));
  return () => {
    const same = [...scroller.querySelectorAll(el.localName)].filter((other) => nameOf(other, roleOf(other)) === name);
    return name && same.length === 1 ? same[0] : null;
  };
}

/**
 * @param {Element} el
 * @param {boolean} enabled
 * @param {number} tries
 * @param {[number, number] | null} off
 * @returns {Promise<{x: number, y: number} | {why: string}>}
 */
async function tryAim(el, enabled, tries, off) {
  const target = standIn(el);
  if (unseen(target)) return { why: 'is not visible' };
  if (enabled && (isDisabled(el) || el.closest('[inert]'))) return { why: 'is disabled' };
  if (off) {
    const beyond = showAt(target, off);
    if (beyond) return { why: beyond };
  } else if (!inView(target)) bringIn(target, tries);
  if (!(await atRest(el, target))) return { why: 'keeps moving' };
  let cover = null;
  let within = null;
  for (const [x, y] of off ? [pointAt(target, off)] : points(target)) {
    const hit = hitAt(x, y);
    if (hit && isHit(hit, target, el)) {
      if (isDirect(hit, target, el)) return { x, y };
      within ??= { x, y };
    }
    cover ??= hit;
  }
  if (within && target === el) return within;
  return { why: cover ? `is covered by ${describe(cover)}` : 'is outside the page' };
}

/** @param {Element} el @param {[number, number]} off @returns {[number, number]} */
function pointAt(el, [dx, dy]) {
  const r = drawnRect(el);
  return [(r.l + r.r) / 2 + dx, (r.t + r.b) / 2 + dy];
}

/** Scrolls to a point of it that is not in view; why there is none, if so. @param {Element} el @param {[number, number]} off */
function showAt(el, off) {
  const r = drawnRect(el);
  if (!inside(r, ...pointAt(el, off))) {
    const [w, h] = [r.r - r.l, r.b - r.t].map(Math.round);
    return `is ${w} px wide and ${h} high: dx goes from ${-w / 2} to ${w / 2}, dy from ${-h / 2} to ${h / 2}`;
  }
  if (inside(viewport(), ...pointAt(el, off))) return '';
  bringIn(el, 0);
  const [x, y] = pointAt(el, off);
  if (!inside(viewport(), x, y)) {
    const by = { left: x - innerWidth / 2, top: y - innerHeight / 2, behavior: /** @type {const} */ ('instant') };
    scrollerOf(el.parentElement, false).scrollBy(by);
  }
  return '';
}

/** What is seen of it: itself, or a label or editor in its place. @param {Element} el @returns {Element} */
function standIn(el) {
  return editorOf(el) ?? (unseen(el) ? (visibleLabel(el) ?? el) : el);
}

/**
 * No other control lies between: the link in a label, the button on a card.
 * @param {Element} hit
 * @param {Element} target
 * @param {Element} el
 */
function isDirect(hit, target, el) {
  for (let up = /** @type {Element | null} */ (hit); up && up !== target && up !== el; up = above(up)) {
    if (up.matches(INNER_CONTROLS)) return false;
  }
  return true;
}

/** Its middle is in the viewport, and in whatever scrolls around it. @param {Element} el */
function inView(el) {
  const r = drawnRect(el);
  const [x, y] = [(r.l + r.r) / 2, (r.t + r.b) / 2];
  if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) return false;
  const hit = hitAt(x, y);
  return hit !== null && (holds(el, hit) || isHit(hit, el, el));
}

/**
 * Scrolls it to the middle, and on later tries to either end, where something stuck may not reach.
 * @param {Element | null} el
 * @param {number} tries
 */
function bringIn(el, tries) {
  const block = /** @type {ScrollLogicalPosition[]} */ (['center', 'center', 'end', 'start'])[tries % 4];
  (el?.localName === 'area' ? pictureOf(el) : el)?.scrollIntoView({ block, inline: 'center', behavior: 'instant' });
}

/**
 * Whether it stands where it stood at the last look on a page at rest, or for two frames.
 * @param {Element} el
 * @param {Element} target
 */
async function atRest(el, target) {
  const before = model?.nodes.get(refs.get(el) ?? 0)?.stood;
  const now = fromDocument(target);
  if (before && same(before, now) && performance.now() - changed > 50 && !animating()) return true;
  await frame();
  if (!target.isConnected) return false;
  const then = fromDocument(target);
  if (!same(now, then)) return false;
  await frame();
  return target.isConnected && same(then, fromDocument(target));
}

/** @param {Rect} a @param {Rect} b */
function same(a, b) {
  return (
    Math.abs(a.l - b.l) < 0.5 && Math.abs(a.t - b.t) < 0.5 && Math.abs(a.r - b.r) < 0.5 && Math.abs(a.b - b.b) < 0.5
  );
}

/**
 * Where aim() last said to press, if that would still reach it; then the next press is meant for it.
 * @param {number} ref
 */
function hits(ref) {
  const el = alive(ref);
  if (!el || !wouldHit(el, aimed.x, aimed.y)) return null;
  const usable = !el.matches(':disabled');
  // What is disabled just then swallows the press.
  mean((event) => el.isConnected && wouldHit(el, event.clientX, event.clientY) && !(usable && el.matches(':disabled')));
  return aimed;
}

/** @param {Element} el @param {number} x @param {number} y */
function wouldHit(el, x, y) {
  const target = standIn(el);
  const hit = hitAt(x, y);
  if (!hit || !touches({ l: x, t: y, r: x, b: y }, drawnRect(target))) return false;
  return isHit(hit, target, el) && (target === el || isDirect(hit, target, el));
}

const PRESSES = ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click', 'dblclick', 'auxclick', 'contextmenu'];
const STROKES = ['keydown', 'keypress', 'beforeinput'];
const MEANT_MS = 5000;
/**
 * What the next press or key is for. The page may change in the moment before it arrives; then it is kept from whatever
 * would get it instead.
 * @type {{reaches: (event: MouseEvent) => boolean, until: number, begun: boolean, missed: boolean} | null}
 */
let meant = null;
watchInput();

function watchInput() {
  for (const kind of [...PRESSES, ...STROKES]) addEventListener(kind, watchOver, { capture: true });
}

/** @param {(event: MouseEvent) => boolean} reaches */
function mean(reaches) {
  meant = { reaches, until: performance.now() + MEANT_MS, begun: false, missed: false };
}

/** @param {Event} event */
function watchOver(event) {
  if (!meant || !event.isTrusted || performance.now() > meant.until) return;
  if (!meant.begun) {
    meant.begun = true;
    meant.missed = !meant.reaches(/** @type {MouseEvent} */ (event));
  }
  if (meant.missed) event.stopImmediatePropagation();
  if (meant.missed || popsUp(event)) event.preventDefault();
}

/**
 * Whether it would open a list, calendar or palette of the browser's own, which is not seen and takes the next press.
 * @param {Event} event
 */
function popsUp(event) {
  const el = /** @type {Element} */ (event.composedPath()[0]);
  const list = el.localName === 'select' && roleOf(el) === 'combobox';
  if (event.type === 'mousedown') return list && /** @type {MouseEvent} */ (event).button === 0;
  if (event.type === 'click') return typeOf(el) === 'color';
  if (event.type !== 'keydown' || !(list || POPPING.has(typeOf(el)))) return false;
  const { key, altKey } = /** @type {KeyboardEvent} */ (event);
  return key === ' ' || key === 'F4' || (altKey && /^Arrow(Up|Down)$/.test(key));
}

const POPPING = new Set(['date', 'time', 'month', 'week', 'datetime-local', 'color']);

/** Whether what was meant for an element would have gone elsewhere. Ends the watch. */
function missed() {
  const was = meant?.missed === true;
  meant = null;
  return was;
}

/** Keys are meant for it, as far as it has the focus. @param {Element} el */
function meanKeys(el) {
  mean(() => {
    const active = activeElement();
    return active === el || (active !== null && holds(el, active));
  });
}

/**
 * Resolves to what is in the way of using a field, once nothing is or after `mostMs`; null when nothing is.
 * @param {number} ref
 * @param {number} mostMs
 */
async function ready(ref, mostMs) {
  const end = performance.now() + mostMs;
  acted = 1; // what a field is given shows in the next frame, or changes the page and so is waited for
  for (let tries = 0; ; tries++) {
    const el = alive(ref);
    if (!el) return { gone: listedCount() };
    const why = obstacle(el, tries);
    if (!why) return null;
    if (performance.now() > end) return { why };
    await frame();
  }
}

/** @param {Element} el @param {number} tries */
function obstacle(el, tries) {
  if (isDisabled(el) || el.closest('[inert]')) return 'is disabled';
  if (isReadonly(el)) return 'is read-only';
  const target = editorOf(el) ?? el;
  if (unseen(target)) return 'is not visible';
  if (!inView(target)) bringIn(target, tries);
  const cover = coverOf(target, el);
  return cover && !passing(cover) ? `is covered by ${describe(cover)}` : null;
}

/** When a field was last given the focus to be typed into. */
let edited = 0;

/**
 * Gives a field the focus with all it holds selected. `how` to go on: "keys" type into it, "lines" write into it line by
 * line, "editor" select and paste, "whole" call put(), "steps" press keys until steps() says the number.
 * @param {number} ref
 * @param {number} mostMs
 */
async function edit(ref, mostMs) {
  const el = /** @type {HTMLElement | null} */ (alive(ref));
  if (!el) return { gone: listedCount() };
  if (typeOf(el) === 'file') return { why: 'takes a file, not text; Upload to it' };
  const steps = counted(el, roleOf(el));
  if (!isEditable(el) && !steps) return { why: `is a ${roleOf(el)}, not a field to type into` };
  const hindered = await ready(ref, mostMs);
  if (hindered) return hindered;
  el.focus({ preventScroll: true });
  edited = performance.now();
  came = new Set();
  meanKeys(el);
  if (steps) return { how: 'steps', ...stepsOf(el) };
  if (editorOf(el)) return { how: 'editor' };
  selectAll(el);
  if (SET_WHOLE.has(typeOf(el))) return { how: 'whole' };
  const active = activeElement();
  if (active !== el && !(active && holds(el, active))) return { why: 'does not take the focus' };
  const most = /** @type {HTMLInputElement} */ (el).maxLength;
  return { how: isEditingHost(el) ? 'lines' : 'keys', held: rawValue(el), most: most > 0 ? most : null };
}

/** What a slider or spin button of the page's own making says. @param {number} ref */
function steps(ref) {
  const el = alive(ref);
  return el ? stepsOf(el) : { gone: listedCount() };
}

/** @param {Element} el */
function stepsOf(el) {
  const number = (/** @type {string} */ name) => {
    const value = parseFloat(el.getAttribute(name) ?? '');
    return Number.isFinite(value) ? value : null;
  };
  const [now, min, max] = ['aria-valuenow', 'aria-valuemin', 'aria-valuemax'].map(number);
  const upright = el.getAttribute('aria-orientation') === 'vertical';
  const track = el.parentElement?.getBoundingClientRect();
  return {
    now,
    min,
    max,
    upright,
    drags: roleOf(el) === 'slider' && min !== null && max !== null,
    track: (upright ? track?.height : track?.width) ?? 0,
  };
}

/**
 * Pastes into the editor that has the focus; false when it leaves that to the browser. The page cannot tell this from a
 * paste of the clipboard's, except that it is not trusted.
 * @param {number} ref
 * @param {string} text
 */
function paste(ref, text) {
  const el = alive(ref);
  if (!el) return false;
  const clipboardData = new DataTransfer();
  clipboardData.setData('text/plain', text);
  const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true, composed: true });
  return !(activeElement() ?? el).dispatchEvent(event);
}

/** @param {Element} el */
function selectAll(el) {
  if (isEditingHost(el)) getSelection()?.selectAllChildren(el);
  else if (!SET_WHOLE.has(typeOf(el))) /** @type {HTMLInputElement} */ (el).select();
}

/** @param {Element} el */
function rawValue(el) {
  const editor = editorOf(el);
  if (editor) return linesOf(editor);
  return isEditingHost(el)
    ? /** @type {HTMLElement} */ (el).innerText.replace(/\n$/, '')
    : /** @type {HTMLInputElement} */ (el).value;
}

/**
 * What a field holds, and what it says of it; null when it is no longer there.
 * @param {number} ref
 * @param {number} mostMs how long its suggestions are waited for
 */
async function held(ref, mostMs) {
  const lost = missed();
  const typed = alive(ref);
  if (typed) await suggested(typed, mostMs);
  const el = alive(ref);
  if (!el) return null;
  const complaint = /** @type {HTMLInputElement} */ (el).validationMessage ?? '';
  return { value: rawValue(el), secret: typeOf(el) === 'password', complaint, lost, stirred: shown > edited };
}

/** Sets a date, number, colour … as a whole, as picking it would. @param {number} ref @param {string} text */
function put(ref, text) {
  const el = /** @type {HTMLInputElement | null} */ (alive(ref));
  if (!el) return { gone: listedCount() };
  const before = el.value;
  if (el.type === 'color') text = text.toLowerCase();
  el.value = text;
  const taken =
    el.type === 'range' ? text.trim() !== '' && !Number.isNaN(Number(text)) : el.value !== '' || text === '';
  if (!taken || (el.type === 'color' && el.value !== text)) {
    el.value = before;
    return { malformed: el.type };
  }
  announce(el);
  return { value: el.value };
}

/** @param {Element} el */
function announce(el) {
  el.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
  el.dispatchEvent(new Event('change', { bubbles: true }));
}

/** Chooses exactly these options. @param {number} ref @param {number} mostMs @param {string[]} wanted */
async function choose(ref, mostMs, wanted) {
  const el = /** @type {HTMLSelectElement | null} */ (alive(ref));
  if (!el) return { gone: listedCount() };
  if (el.localName !== 'select') return { why: `is a ${roleOf(el)}, not a native list; click it, then the option` };
  const hindered = await ready(ref, mostMs);
  if (hindered) return hindered;
  if (wanted.length !== 1 && !el.multiple) return { why: `takes one option, not ${wanted.length}` };
  const able = [...el.options].filter((option) => !option.disabled);
  const found = wanted.map((text) => findOption(able, text));
  const missing = wanted.find((_, i) => !found[i]);
  if (missing !== undefined) return { missing, options: optionsOf(el, roleOf(el)) };
  const changes = [...el.options].some((option) => option.selected !== found.includes(option));
  el.focus({ preventScroll: true });
  for (const option of el.options) option.selected = found.includes(option);
  if (changes) announce(el);
  return { changed: changes, value: valueOf(el, 'combobox') };
}

/** @param {HTMLOptionElement[]} options @param {string} text */
function findOption(options, text) {
  const plain = (/** @type {string} */ s) => s.toLowerCase().replace(/\s+/g, '');
  const start = text.endsWith('…') ? plain(text.slice(0, -1)) : null;
  return (
    options.find((option) => optionText(option) === text) ??
    options.find((option) => plain(optionText(option)) === plain(text)) ??
    (start ? options.find((option) => plain(optionText(option)).startsWith(start)) : undefined) ??
    options.find((option) => option.value !== '' && option.value === text)
  );
}

/** The middle of what can be seen of it, once it is in view. @param {number} ref */
function bring(ref) {
  touch();
  const el = alive(ref);
  if (!el) return { gone: listedCount() };
  const target = standIn(el);
  if (unseen(target)) return { why: 'is not visible' };
  if (!points(target).length) bringIn(target, 0);
  const [at] = points(target);
  return at ? { x: at[0], y: at[1] } : { why: 'is outside the page' };
}

/**
 * The drag that began last, whether it was of something else than meant, and what it was last over.
 * @type {{of?: Element | null, start?: Event, astray?: boolean, over?: Event, on?: EventTarget}}
 */
const drag = {};

/** @param {number} ref */
function watchDrag(ref) {
  delete drag.start;
  delete drag.astray;
  drag.of = alive(ref);
  // Else it may be the selection that is dragged, whatever there is under the mouse.
  if (!isEditable(activeElement() ?? document.body)) getSelection()?.removeAllRanges();
  addEventListener('dragstart', begun, { capture: true });
  addEventListener('dragend', ended, { capture: true });
}

function ended() {
  removeEventListener('dragend', ended, { capture: true });
  delete drag.start;
}

/** The page may have put something else there when the mouse was pressed. @param {DragEvent} event */
function begun(event) {
  removeEventListener('dragstart', begun, { capture: true });
  const el = drag.of?.isConnected ? drag.of : null;
  const source = /** @type {Element} */ (event.composedPath()[0]);
  drag.astray = !el || !(source instanceof Element ? holds(source, el) || holds(el, source) : true);
  if (el && adopted.has(source) && !wouldHit(el, event.clientX, event.clientY)) drag.astray = true;
  if (!drag.astray) drag.start = event;
  else {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}

/** Whether a drag of HTML's kind has begun, and the page lets it. */
function dragging() {
  return drag.start !== undefined && !drag.start.defaultPrevented;
}

/** Whether one has begun, of something that is still there, and this document has not heard of its end. */
function carried() {
  return dragging() && drag.of?.isConnected === true;
}

/** Whether one was kept from beginning, as it was of something else. */
function astray() {
  return drag.astray === true;
}

function watchDrop() {
  delete drag.over;
  addEventListener('dragover', noteOver, { capture: true });
}

/** @param {Event} event */
function noteOver(event) {
  drag.over = event;
  drag.on = event.composedPath()[0];
}

/** Whether the page says that what was last dragged over it may be dropped there; null when it was not. */
function accepts() {
  removeEventListener('dragover', noteOver, { capture: true });
  if (!drag.over) return null; // it is over a frame
  const on = /** @type {Element} */ (drag.on);
  return drag.over.defaultPrevented || isEditable(on) || typeOf(on) === 'file';
}

/** The page's own context menu is wanted, not the browser's. */
function noMenu() {
  addEventListener('contextmenu', (event) => event.preventDefault(), { once: true });
}

/** Whether files can be given to it as they are; else it is to be clicked. @param {number} ref @param {number} mostMs */
async function upload(ref, mostMs) {
  const end = performance.now() + mostMs;
  touch();
  for (;;) {
    const el = alive(ref);
    if (!el) return { gone: listedCount() };
    const input = fileInputOf(el);
    if (!isDisabled(el) && !(input && isDisabled(input))) return { input: input !== null };
    if (performance.now() > end) return { why: 'is disabled' };
    await frame();
  }
}

/** Resolves after `ms`, and so after what the page meant to do by then. @param {number} _ @param {number} ms */
function pause(_, ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** @param {number} ref */
function fileInput(ref) {
  const el = alive(ref);
  return el && fileInputOf(el);
}

/** Whether something is on, off or mixed. @param {number} ref */
function checked(ref) {
  const el = alive(ref);
  if (!el) return { gone: listedCount() };
  const role = roleOf(el);
  const state = checkedOf(el, role);
  return state ? { state, role } : { why: `is a ${role}, which is neither on nor off` };
}

/** @param {number} ref */
function focus(ref) {
  touch();
  const el = /** @type {HTMLElement | null} */ (alive(ref));
  if (!el) return { gone: listedCount() };
  if (isDisabled(el) || el.closest('[inert]')) return { why: 'is disabled' };
  el.focus();
  const active = activeElement();
  if (active === el || (active && holds(el, active))) {
    meanKeys(el);
    return {};
  }
  return { why: 'does not take the focus' };
}

/** Where an element is now; null when it is gone. @param {number} ref @param {boolean} [bring] into view first */
function box(ref, bring) {
  const el = alive(ref);
  if (bring) bringIn(el, 0);
  return el && boxOf(drawnRect(el));
}

/**
 * `{frame: id}` when what scrolls in the middle of the page is a frame, in which the same may be asked.
 * @param {number | null} ref
 * @param {number} dx steps of most of what is seen
 * @param {number} dy
 * @param {number | null} to percent of the way instead
 */
function scroll(ref, dx, dy, to) {
  touch();
  const el = ref === null ? null : alive(ref);
  if (ref !== null && !el) return { gone: listedCount() };
  changed = performance.now(); // what is drawn or loaded at the end of a list comes a little later
  const scroller = scrollerOf(el, dx !== 0);
  if (scroller.localName === 'iframe' || scroller.localName === 'frame') return { frame: frameId(scroller) };
  const before = [scroller.scrollLeft, scroller.scrollTop];
  if (to === null || to === undefined)
    scroller.scrollBy({ left: dx * scroller.clientWidth, top: dy * scroller.clientHeight, behavior: 'instant' });
  else if (dx !== 0)
    scroller.scrollTo({ left: (to / 100) * (scroller.scrollWidth - scroller.clientWidth), behavior: 'instant' });
  else scroller.scrollTo({ top: (to / 100) * (scroller.scrollHeight - scroller.clientHeight), behavior: 'instant' });
  const moved = Math.abs(scroller.scrollLeft - before[0]) + Math.abs(scroller.scrollTop - before[1]);
  const left =
    dx !== 0
      ? scroller.scrollWidth - scroller.clientWidth - Math.abs(scroller.scrollLeft)
      : scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
  return { moved: Math.round(moved), beyond: Math.round(Math.max(0, left)) };
}

/**
 * The nearest box that scrolls that way: around the element, or around the middle of the page.
 * @param {Element | null} el
 * @param {boolean} sideways
 */
function scrollerOf(el, sideways) {
  const page = document.scrollingElement ?? document.documentElement;
  if (!el && scrolls(page, sideways)) return page;
  if (el && LISTS.test(roleOf(el)) && !canScroll(el, sideways)) {
    const inner = [...el.querySelectorAll('*')].slice(0, 50).find((each) => canScroll(each, sideways));
    if (inner) return inner;
  }
  const middle = el ?? hitAt(innerWidth / 2, innerHeight / 2);
  if (middle && /^i?frame$/.test(middle.localName)) return middle;
  for (let up = middle; up; up = above(up)) {
    if (canScroll(up, sideways)) return up;
  }
  return page;
}

/** @param {Element} el @param {boolean} sideways */
function canScroll(el, sideways) {
  if (!scrolls(el, sideways)) return false;
  const style = getComputedStyle(el);
  return el.localName === 'html' || /^(auto|scroll)$/.test(sideways ? style.overflowX : style.overflowY);
}

/** @param {Element} el @param {boolean} sideways */
function scrolls(el, sideways) {
  return sideways ? el.scrollWidth > el.clientWidth + 1 : el.scrollHeight > el.clientHeight + 1;
}

/** Something else is about to happen, that only frames will show. */
function touch() {
  meant = null;
  acted = 2;
}

/** @type {any} */ (globalThis).autoglm = {
  look,
  quiet,
  aim,
  hits,
  edit,
  held,
  put,
  choose,
  checked,
  focus,
  scroll,
  touch,
  bring,
  watchDrag,
  dragging,
  carried,
  astray,
  watchDrop,
  accepts,
  noMenu,
  upload,
  pause,
  fileInput,
  steps,
  paste,
  missed,
  box,
  frame: frameElement,
  located,
  frameTarget,
  lift,
  hosts,
  clear,
  adopt,
  hear,
  ahead,
  goOn,
};
