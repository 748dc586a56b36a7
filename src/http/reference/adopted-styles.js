/**
 * Lets a page whose policy forbids inline styles have those that its own scripts make: by the CSSOM, which no policy is about. Runs
 * before every other script, and must not know what is styled.
 */
// Scalar's zod asks whether it may evaluate, which the policy would report.
globalThis.__zod_globalConfig = { jitless: true };

const createElement = document.createElement.bind(document);

/** Stands where a style element would: what is written into it is its sheet. */
class AdoptedStyle extends HTMLElement {
  #sheet = new CSSStyleSheet();
  #written = new MutationObserver(() => this.#adopt());

  constructor() {
    super();
    this.#written.observe(this, { childList: true, characterData: true, subtree: true });
  }

  get sheet() {
    return this.#sheet;
  }

  connectedCallback() {
    this.hidden = true;
    this.#adopt();
    if (!document.adoptedStyleSheets.includes(this.#sheet)) document.adoptedStyleSheets.push(this.#sheet);
  }

  disconnectedCallback() {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== this.#sheet);
  }

  #adopt() {
    this.#sheet.replaceSync(this.textContent ?? "");
  }
}

customElements.define("adopted-style", AdoptedStyle);

document.createElement = (name, options) =>
  String(name).toLowerCase() === "style" ? new AdoptedStyle() : createElement(name, options);

const setAttribute = Element.prototype.setAttribute;
Element.prototype.setAttribute = function (name, value) {
  if (String(name).toLowerCase() === "style" && this.style !== undefined) this.style.cssText = value;
  else setAttribute.call(this, name, value);
};

/** A style in a tag of markup. */
const STYLED = /(<[a-z][^<>]*?\s)style=(?=["'])/gi;
const innerHtml = Object.getOwnPropertyDescriptor(Element.prototype, "innerHTML");
Object.defineProperty(Element.prototype, "innerHTML", {
  ...innerHtml,
  set(markup) {
    innerHtml.set.call(this, String(markup ?? "").replace(STYLED, "$1data-style="));
    const root = this instanceof HTMLTemplateElement ? this.content : this;
    for (const each of root.querySelectorAll("[data-style]")) {
      each.style.cssText = each.dataset.style;
      each.removeAttribute("data-style");
    }
  },
});
