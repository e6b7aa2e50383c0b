/** Finding the elements of a page. The page and its module are built together: a missing one is a defect. */

type Kind<E extends Element> = abstract new (...args: never[]) => E;

/** The element that a selector finds. Throws where there is none of that kind. */
export function element<E extends Element>(
  selector: string,
  kind: Kind<E>,
  root: ParentNode = document,
): E {
  const found = root.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`no ${kind.name} at ${selector}`);
  return found;
}

/** The element of a template's copy that is marked `data-part`. */
export function part(root: ParentNode, name: string): HTMLElement {
  return element(`[data-part="${name}"]`, HTMLElement, root);
}

/** A copy of a template's one element. */
export function copyOf(templateId: string): HTMLElement {
  const { content } = element(`#${templateId}`, HTMLTemplateElement);
  const copy = document.importNode(content, true).firstElementChild;
  if (!(copy instanceof HTMLElement)) throw new Error(`${templateId} is empty`);
  return copy;
}

/** Sets a text only where it differs: what stays the same is not read out again. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** `text` in an element, with a mood that decides its colour. */
export function setPill(target: HTMLElement, text: string, mood: string): void {
  setText(target, text);
  target.dataset['mood'] = mood;
}
