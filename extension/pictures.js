// @ts-check
/**
 * How the agent's tabs look, as a stream of pictures: the server gives credit, and for each one a picture is taken of
 * what has changed since the last. One that is not wanted yet, or that the socket has no room for, is dropped, for the
 * next will be newer. Knows no chrome.debugger and no socket: both are handed in.
 *
 * @typedef {{credit: number, stale: boolean, busy: boolean, timer: ReturnType<typeof setTimeout> | undefined}} Watched
 */

/** A change is often the first of many: so long the picture waits for the rest. */
const SETTLE_MS = 150;
/** And so long for the next one, so that a page that never stands still does not take the processor. */
const GAP_MS = 400;

export class Pictures {
  /** @type {Map<number, Watched>} */
  #watched = new Map();

  /**
   * @param {(tab: number) => Promise<Uint8Array>} take a JPEG of the tab
   * @param {(tab: number, picture: Uint8Array) => boolean} send false when there is no room for it
   */
  constructor(take, send) {
    this.take = take;
    this.send = send;
  }

  /** So many more pictures of a tab are wanted. @param {number} tab @param {number} pictures */
  credit(tab, pictures) {
    const known = this.#watched.get(tab);
    if (known) known.credit += pictures;
    else this.#watched.set(tab, { credit: pictures, stale: true, busy: false, timer: undefined });
    this.#soon(tab, SETTLE_MS);
  }

  /** Something in this tab may look otherwise now. @param {number} tab */
  changed(tab) {
    const watched = this.#watched.get(tab);
    if (!watched) return;
    watched.stale = true;
    this.#soon(tab, SETTLE_MS);
  }

  /** The connection broke: whoever gave the credit gives it anew. */
  reset() {
    for (const tab of [...this.#watched.keys()]) this.forget(tab);
  }

  /** @param {number} tab */
  forget(tab) {
    clearTimeout(this.#watched.get(tab)?.timer);
    this.#watched.delete(tab);
  }

  /** @param {number} tab @param {number} delay */
  #soon(tab, delay) {
    const watched = this.#watched.get(tab);
    if (!watched || watched.timer !== undefined || watched.busy || !watched.stale || !watched.credit) return;
    watched.timer = setTimeout(() => void this.#next(tab, watched), delay);
  }

  /** @param {number} tab @param {Watched} watched */
  async #next(tab, watched) {
    watched.timer = undefined;
    watched.stale = false;
    watched.busy = true;
    try {
      const picture = await this.take(tab);
      if (this.#watched.get(tab) !== watched) return;
      if (this.send(tab, picture)) watched.credit -= 1;
      else watched.stale = true;
    } catch (error) {
      console.debug('no picture', error); // the tab is gone, or shows a page of the browser's own
    } finally {
      watched.busy = false;
    }
    this.#soon(tab, GAP_MS);
  }
}
