// A page grown at random, and changed at random: random(), build(), mutate() from a seed, in the page's own world.
(seed, modes = ['open']) => {
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(random() * n);
  const pick = (list) => list[below(list.length)];
  const words = 'amber birch cedar delta ember fjord grove haven inlet jetty kelp lark'.split(' ');
  const text = (n = 1 + below(3)) => Array.from({ length: n }, () => pick(words)).join(' ') + ' ' + below(1000);
  // What reaches far is on some pages only: there the whole page is walked again.
  const FAR = 'section:has(> .veto) > p { display: none } .item:nth-child(4n) { padding-left: 9px } ul:empty { height: 30px }';
  const STYLE = `${seed % 4 ? '' : FAR}
    body { margin: 8px; font: 14px sans-serif } .off { display: none } .veil { visibility: hidden } .dim { opacity: 0 }
    .tall { height: 260px } .row { display: flex } .scroll { height: 70px; overflow: auto } .cut { height: 40px; overflow: hidden }
    .far { position: absolute; left: -2000px } .pin { position: fixed; right: 0; bottom: 0 } .stick { position: sticky; top: 0; background: #fff }
    .hand { cursor: pointer } .inline { display: inline-block } .none { width: 0; height: 0; overflow: hidden }
    .a + p { display: none } .b ~ .item { visibility: hidden } input:checked ~ .panel { display: none }
    [aria-expanded=true] + div { display: none } .c .item { opacity: 0 } [data-open] > button { display: none }
    .menu:focus-within p { display: none } .over { position: relative; top: -30px; background: #eee }
    .move { transition: opacity .01s } .spin { animation: s .01s 2 } @keyframes s { to { margin-left: 40px } }`;
  const make = (tag, ...kids) => {
    const el = document.createElement(tag);
    el.append(...kids);
    return el;
  };
  let ids = 0;
  const withId = (el) => ((el.id = `id${++ids}`), el);
  const leaf = () => {
    const kind = below(24);
    if (kind < 4) return make('p', text());
    if (kind < 6) return Object.assign(make('button', text(1)), { className: below(4) ? '' : 'item' });
    if (kind < 8) return Object.assign(make('a', text(1)), { href: '#x' });
    if (kind === 8) return make('p', text(), make('b', text(1)), make('span', text(1)));
    if (kind === 9) {
      const field = withId(make('input'));
      const label = make('label', text(1));
      label.htmlFor = below(5) ? field.id : `id${below(ids + 3)}`;
      return make('div', label, field);
    }
    if (kind === 10) return make('label', Object.assign(make('input'), { type: pick(['checkbox', 'radio']) }), text(1));
    if (kind === 11) {
      const box = withId(Object.assign(make('input'), { type: 'checkbox' }));
      box.style.display = 'none';
      const label = make('label', text(1));
      label.htmlFor = box.id;
      return make('div', box, label);
    }
    if (kind === 12) return make('div', Object.assign(make('input'), { type: 'checkbox' }), text(1));
    if (kind === 13) return make('div', `${text(1)}:`, make('input'));
    if (kind === 14) return make('select', make('option', text(1)), make('option', text(1)));
    if (kind === 15) {
      const name = withId(make('span', text(1)));
      const field = make('input');
      field.setAttribute('aria-labelledby', below(4) ? name.id : `id${below(ids + 3)}`);
      return below(2) ? make('div', name, field) : make('div', field, make('p', text()), name);
    }
    if (kind === 16) return make('span', text(1));
    if (kind === 17) return Object.assign(make('div', text(1)), { className: 'hand' });
    if (kind === 18) return make('details', make('summary', text(1)), make('p', text()));
    if (kind === 19) return Object.assign(make('textarea'), { value: text(1) });
    if (kind === 20) return make('fieldset', make('legend', text(1)), make('p', text()));
    if (kind === 21) return make('input');
    if (kind === 22) return Object.assign(make('div', text(1)), { tabIndex: 0 });
    return make('h3', text());
  };
  const table = () => {
    const rows = Array.from({ length: 2 + below(6) }, (_, i) =>
      make('tr', ...[0, 1, 2].map(() => (i ? make('td', below(3) ? text(1) : below(2) ? make('button', text(1)) : make('input')) : make('th', text(1))))));
    return make('table', ...rows);
  };
  const attach = (host, mode) => {
    const root = host.attachShadow({ mode });
    root.append(make('p', text()), make('slot'), make('button', text(1)));
    if (below(2)) root.append(Object.assign(make('slot'), { name: 'side' }), leaf());
    const style = make('style', '.off{display:none} p + button { margin-top: 4px }');
    if (below(2)) root.prepend(style);
    roots.push(root);
  };
  const roots = [document];
  const CLASSES = 'off veil dim tall row scroll cut far pin stick hand inline none a b c item panel menu over veto move spin plain'.split(' ');
  const block = (depth) => {
    const kind = below(12);
    if (depth <= 0 || kind < 3) return leaf();
    if (kind === 3) return table();
    if (kind === 4) return make('ul', ...Array.from({ length: 2 + below(9) }, () => Object.assign(make('li', below(2) ? text() : leaf()), { className: 'item' })));
    const el = make(pick(['div', 'div', 'section', 'form', 'x-card', 'main']), ...Array.from({ length: 1 + below(7) }, () => block(depth - 1)));
    if (!below(4)) el.className = pick(CLASSES);
    if (el.localName === 'x-card' && below(3)) attach(el, pick(modes));
    return el;
  };
  const elements = () => {
    for (let i = roots.length - 1; i > 0; i--) if (!roots[i].host.isConnected) roots.splice(i, 1);
    return roots.flatMap((root) => [...(root.body ?? root).querySelectorAll('*')]).filter((el) => !/^(style|script)$/.test(el.localName));
  };
  const build = () => {
    document.head.append(make('style', STYLE));
    for (let i = 0; i < 9; i++) document.body.append(block(3));
    const modal = make('dialog', make('p', text()), make('button', text(1)));
    document.body.append(modal, Object.assign(make('iframe'), { srcdoc: `<p>${text()}</p><button>${text(1)}</button>`, height: 60 }));
  };
  const ATTRIBUTES = [
    ...[['aria-label', text], ['aria-disabled', () => 'true'], ['aria-expanded', () => pick(['true', 'false'])], ['data-open', () => '']],
    ...[['style', () => pick(['display:none', 'height:0;overflow:hidden', 'opacity:0', 'margin-top:50px', 'position:absolute;top:9px', 'visibility:hidden', 'width:300px'])]],
    ...[['inert', () => ''], ['title', text], ['role', () => pick(['button', 'row', 'group', 'checkbox', 'none'])], ['tabindex', () => '0']],
    ...[['disabled', () => ''], ['open', () => ''], ['hidden', () => ''], ['placeholder', text], ['type', () => pick(['checkbox', 'text', 'radio', 'hidden'])]],
    ...[['slot', () => pick(['side', ''])], ['for', () => `id${below(ids)}`], ['id', () => `id${below(ids)}`], ['aria-labelledby', () => `id${below(ids)}`]],
    ...[['onclick', () => ''], ['required', () => ''], ['readonly', () => ''], ['contenteditable', () => ''], ['aria-modal', () => 'true'], ['dir', () => 'rtl']],
  ];
  const textsIn = (el) => [...el.childNodes].filter((node) => node.nodeType === 3);
  const OPERATIONS = {
    text: (el) => { const node = pick(textsIn(el)); if (node) node.data = below(6) ? text() : ' '; },
    class: (el) => el.classList.toggle(pick(CLASSES)),
    attribute: (el) => { const [name, value] = pick(ATTRIBUTES); if (el.hasAttribute(name) && below(2)) el.removeAttribute(name); else el.setAttribute(name, value()); },
    append: (el) => { if (!/^(input|select|textarea|option|iframe|slot)$/.test(el.localName)) el.append(below(4) ? block(2) : text()); },
    insert: (el) => el.before(below(4) ? block(1) : text(1)),
    remove: (el) => el.remove(),
    empty: (el) => { if (!below(4)) el.replaceChildren(); },
    move: (el, other) => { if (!el.contains(other) && !other.contains(el) && !/^(input|select|textarea|option|iframe|slot)$/.test(other.localName)) other.append(el); },
    value: (el, other, all) => { const field = pick(all.filter((e) => /^(input|textarea)$/.test(e.localName) && e.type !== 'file')); if (field) field.value = text(1); },
    check: (el, other, all) => { const box = pick(all.filter((e) => /^(checkbox|radio)$/.test(e.type))); if (box) below(4) ? (box.checked = !box.checked) : (box.indeterminate = !box.indeterminate); },
    select: (el, other, all) => { const list = pick(all.filter((e) => e.localName === 'select')); if (list) list.selectedIndex = below(list.options.length); },
    rule: () => { const { sheet } = document.querySelector('head > style'); if (sheet.cssRules.length < 60) sheet.insertRule(`.${pick(CLASSES)} ${pick(['> p', '.item', '+ div', ''])} { ${pick(['display:none', 'visibility:hidden', 'margin-left:5px', 'color:red'])} }`, sheet.cssRules.length); else sheet.deleteRule(45); },
    adopt: () => { const sheet = new CSSStyleSheet(); sheet.replaceSync(`.${pick(CLASSES)} { ${pick(['display:none', 'opacity:0', 'height:9px'])} }`); const root = pick(roots); root.adoptedStyleSheets = below(2) ? [sheet] : []; },
    scroll: () => scrollTo(0, below(Math.max(1, document.documentElement.scrollHeight))),
    inner: (el, other, all) => { const box = pick(all.filter((e) => e.classList.contains('scroll'))); if (box) box.scrollTop = below(200); },
    focus: (el, other, all) => { const field = pick(all.filter((e) => e.tabIndex >= 0)); if (field) below(4) ? field.focus({ preventScroll: below(2) > 0 }) : document.activeElement.blur?.(); },
    shadow: (el, other, all) => { const host = pick(all.filter((e) => e.localName === 'x-card' && !e.shadowRoot)); if (host) attach(host, 'open'); },
    frame: (el) => { if (!below(3)) el.after(Object.assign(make('iframe'), { srcdoc: `<p>${text()}</p>`, height: 50 })); },
    modal: () => { const modal = document.querySelector('dialog'); if (modal) below(2) ? modal.open || modal.showModal() : modal.close(); },
    define: () => { if (!customElements.get('x-card') && !below(6)) customElements.define('x-card', class extends HTMLElement { connectedCallback() { if (!this.shadowRoot && this.childElementCount < 3) { this.attachShadow({ mode: 'open' }).innerHTML = '<p>defined</p><slot></slot>'; roots.push(this.shadowRoot); } } }); },
  };
  const names = Object.keys(OPERATIONS);
  const often = [...names, 'text', 'text', 'text', 'class', 'class', 'class', 'attribute', 'attribute', 'attribute', 'append', 'insert', 'remove', 'move', 'value'];
  const mutate = (count) => {
    const done = [];
    for (let i = 0; i < count; i++) {
      const all = elements();
      if (all.length < 60) document.body.append(block(3));
      const name = all.length > 400 ? 'remove' : pick(often);
      const el = pick(all);
      OPERATIONS[name](el, pick(all), all);
      done.push(`${name} ${el.localName}${el.id ? '#' + el.id : ''}.${el.className}`);
    }
    return done;
  };
  Object.assign(globalThis, { build, mutate });
};
