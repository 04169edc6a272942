const random = (seed => () => (seed = (seed * 16807) % 2147483647) / 2147483647)(SEED + 1);
const any = list => list[Math.floor(random() * list.length)];
window.events ??= [];
if (window === top) addEventListener('message', e => { if (Array.isArray(e.data)) events.push(...e.data) });
function note(e) {
  if (!e.isTrusted) return;
  const at = Math.round(1e3 * (performance.timeOrigin + e.timeStamp));
  const said = [e.type, at, e.composedPath().map(n => n.dataset?.w).filter(Boolean)];
  if (window === top) events.push(said); else top.postMessage([said], '*');
}
const KINDS = ['mousedown', 'click', 'dblclick', 'contextmenu', 'keydown', 'input', 'change', 'dragstart'];
const roots = [document];
function listen(root) { for (const kind of KINDS) root.addEventListener(kind, note, true) }
listen(document);
function openUp(root) {
  for (const t of root.querySelectorAll('template[data-root]')) {
    const inner = t.parentNode.attachShadow({ mode: t.dataset.root });
    inner.append(t.content);
    t.remove();
    roots.push(inner);
    if (t.dataset.root === 'closed') listen(inner);
    openUp(inner);
  }
}
openUp(document);
const widgets = () => roots.flatMap(root => [...root.querySelectorAll('[data-w]')]);
let made = 0;
function fresh(like) {
  const name = `wPREFIXn${++made}`;
  const el = document.createElement('button');
  el.dataset.w = el.textContent = name;
  el.type = 'button';
  (like?.parentNode ?? document.body).insertBefore(el, random() < .5 ? like : null);
}
const CHANGES = {
  remove: el => el.remove(),
  add: el => fresh(el),
  push: el => el.style.marginLeft = `${Math.floor(random() * 60)}px`,
  up: el => el.parentNode?.prepend(el),
  hide: el => el.style.display = el.style.display ? '' : 'none',
  disable: el => el.disabled = !el.disabled,
  swap: el => el.nextElementSibling?.after(el),
  anew: el => { fresh(el); el.remove() },
  cover: el => {
    const veil = document.createElement('div');
    veil.style = `position:fixed;left:0;right:0;height:60px;background:#8884;top:${Math.floor(random() * 600)}px`;
    document.body.append(veil);
    setTimeout(() => veil.remove(), 300);
  },
  wrap: el => { const box = document.createElement('div'); el.replaceWith(box); box.append(el) },
};
function mutate() { const el = any(widgets()); if (el) CHANGES[any(Object.keys(CHANGES))](el) }
const CAUSES = ['click', 'mousedown', 'mouseover', 'keydown', 'input', 'focus', 'change'];
for (const el of widgets()) if (random() < .25) el.addEventListener(any(CAUSES), () => random() < .7 && mutate());
if (RESTLESS) {
  let left = 12;
  const timer = setInterval(() => { mutate(); if (!--left) clearInterval(timer) }, 150);
}
if (SLIDING) document.body.animate([{ marginLeft: '0' }, { marginLeft: '80px' }], { duration: 400, iterations: 3 });
for (const el of widgets()) if (el.role === 'slider') el.addEventListener('keydown', e => {
  const by = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[e.key] ?? 0;
  el.setAttribute('aria-valuenow', Math.min(Math.max(Number(el.getAttribute('aria-valuenow')) + by, 0), 20));
});
