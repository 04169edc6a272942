// @ts-check
/** The panel's texts, in the language of the browser or the one that the person chose. */
import chinese from './_locales/zh_CN/messages.json' with { type: 'json' };
import english from './_locales/en/messages.json' with { type: 'json' };

/** @typedef {'' | 'en' | 'zh_CN'} Language `''` is the browser's */

let messages = /** @type {Record<string, {message: string}>} */ (english);

/** @param {Language} language */
export function speak(language) {
  const spoken = language || (chrome.i18n.getUILanguage().startsWith('zh') ? 'zh_CN' : 'en');
  messages = spoken === 'zh_CN' ? chinese : english;
  document.documentElement.lang = spoken.replace('_', '-');
  for (const marked of document.querySelectorAll('[data-i18n]'))
    marked.textContent = words(/** @type {HTMLElement} */ (marked).dataset['i18n'] ?? '');
  for (const marked of document.querySelectorAll('[data-i18n-label]'))
    marked.setAttribute('aria-label', words(/** @type {HTMLElement} */ (marked).dataset['i18nLabel'] ?? ''));
}

/** @param {string} key @param {string | number} [value] put for the $1 in it */
export function words(key, value = '') {
  return (messages[key.replace(' ', '_')]?.message ?? key).replace('$1', String(value));
}
