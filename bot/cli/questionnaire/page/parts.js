// What both parts of the page are made of.

export const $ = (id) => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

/** A text field that is as high as what is written in it. */
export function field(attributes, changed) {
  const area = element("textarea", { rows: 1, ...attributes });
  area.addEventListener("input", () => {
    grow(area);
    changed(area.value);
  });
  return area;
}

export function grow(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}

/** A card with a step for each phrase of a scale. A key of its number chooses it and goes on; twice the same takes it
 * back. chose: told the number as a text, or nothing. */
export function scaled(text, scale, given, chose) {
  const meaning = element("p", { className: "meaning" });
  const steps = scale.map((phrase, index) => {
    const step = element("button", { type: "button", textContent: String(index + 1), title: phrase });
    step.setAttribute("aria-label", `${index + 1}: ${phrase}`);
    step.addEventListener("click", () => choose(given === step.textContent ? "" : step.textContent));
    return step;
  });
  const tell = () => {
    for (const step of steps) step.setAttribute("aria-pressed", String(step.textContent === given));
    const shown = given ? [scale[given - 1]] : [scale[0], scale.at(-1)];
    meaning.replaceChildren(...shown.map((phrase) => element("span", { textContent: phrase })));
  };
  const choose = (chosen) => {
    given = chosen;
    tell();
    chose(chosen);
  };
  tell();
  const row = element("div", { className: "steps" }, ...steps);
  row.style.setProperty("--steps", scale.length);
  const card = element("fieldset", { className: "item" }, element("legend", { textContent: text }), row, meaning);
  row.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !steps[event.key - 1]) return;
    event.preventDefault();
    choose(event.key);
    card.nextElementSibling?.querySelector("button, textarea")?.focus();
  });
  return card;
}
