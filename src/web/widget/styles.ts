import css from './widget.css?inline';

/** The widget's style sheet, for `adoptedStyleSheets`: no style element, so `style-src 'self'` holds. */
export function styleSheet(): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}
