// Builds and finds elements. Text is always set as text, never parsed as markup: what the
// network sent may hold anything.

export const byId = (id) => document.getElementById(id)

/// el('a', {href: '/', class: 'x', onclick: f}, 'text', child): attributes that begin with
/// "on" are listeners; null and false attributes are left out; true stands alone.
export function el (tag, attributes = {}, ...children) {
  const out = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    if (name.startsWith('on')) out.addEventListener(name.slice(2), value)
    else out.setAttribute(name, value === true ? '' : String(value))
  }
  out.append(...children.filter((c) => c !== null && c !== undefined && c !== false))
  return out
}

export function show (element, visible) {
  element.hidden = !visible
}

/// Sets the text only if it changed, so that screen readers are not told twice.
export function setText (element, text) {
  if (element.textContent !== text) element.textContent = text
}
