// @ts-check
/**
 * The cursor that shows on the page what the agent is about to do. Sent to the page as text and run there in a world of
 * its own; it catches no clicks, says nothing to screen readers and has no text that the agent would read.
 */

/** @param {{box: [number, number, number, number]}} at a rectangle in CSS px of the viewport */
export function show({ box: [x, y, width, height] }) {
  const world = /** @type {{pointer?: {host: HTMLElement, frame: HTMLElement, arrow: HTMLElement}}} */ (globalThis);
  /** @param {HTMLElement} el @param {Record<string, string>} style */
  const dress = (el, style) => {
    for (const [key, value] of Object.entries(style)) el.style.setProperty(key, value, 'important');
  };
  /** @returns {{host: HTMLElement, frame: HTMLElement, arrow: HTMLElement}} */
  const make = () => {
    const [host, frame, arrow] = ['div', 'div', 'div'].map((tag) => document.createElement(tag));
    if (!host || !frame || !arrow) throw new Error('no elements');
    host.setAttribute('aria-hidden', 'true');
    host.setAttribute('popover', 'manual'); // in the top layer, above the page's own dialogs
    dress(host, {
      all: 'initial', position: 'fixed', inset: '0', width: '100vw', height: '100vh', margin: '0', padding: '0',
      border: '0', background: 'none', overflow: 'hidden', 'pointer-events': 'none', 'z-index': '2147483647',
    }); // prettier-ignore
    const glide = 'transform 180ms ease-out, width 180ms ease-out, height 180ms ease-out';
    dress(frame, {
      position: 'fixed', left: '0', top: '0', 'box-sizing': 'border-box', border: '2px solid #2457d6',
      'border-radius': '6px', 'box-shadow': '0 0 0 4px rgb(36 87 214 / 25%)', transition: glide,
    }); // prettier-ignore
    dress(arrow, {
      position: 'fixed', left: '0', top: '0', width: '20px', height: '26px', background: '#2457d6', transition: glide,
      'clip-path': 'polygon(0 0, 0 82%, 24% 62%, 42% 100%, 58% 92%, 40% 56%, 74% 56%)',
    }); // prettier-ignore
    host.attachShadow({ mode: 'closed' }).append(frame, arrow);
    document.documentElement.append(host);
    host.showPopover();
    return { host, frame, arrow };
  };
  if (!world.pointer?.host.isConnected) world.pointer = make();
  const { frame, arrow } = world.pointer;
  dress(frame, { transform: `translate(${x - 3}px, ${y - 3}px)`, width: `${width + 6}px`, height: `${height + 6}px` });
  dress(arrow, { transform: `translate(${x + width / 2}px, ${y + height / 2}px)` });
}

export function hide() {
  const world = /** @type {{pointer?: {host: HTMLElement}}} */ (globalThis);
  world.pointer?.host.remove();
}
