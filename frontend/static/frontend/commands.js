// The shortcut sheet and the command palette, made from what the page declares. Loaded when one of them is first opened.
const wordsOf = (element) => element.dataset.keyLabel || element.getAttribute("aria-label") || element.textContent.trim();
const declared = (page) => [...document.querySelectorAll("[data-key]")].filter((e) => !e.disabled && (page.visible(e) || e.closest("details")));

function printed(key) {
  return key.split(" ").flatMap((part) => [Object.assign(document.createElement("kbd"), { textContent: part }), " "]);
}

export function shortcuts(dialog, page) {
  const lines = new Map();
  declared(page).forEach((e) => lines.set(page.keyOf(e.dataset.key), wordsOf(e)));
  document.querySelectorAll("[data-row-key]").forEach((e) => lines.set(page.keyOf(e.dataset.rowKey), wordsOf(e)));
  if (page.hasRows) {
    lines.set(`${page.keyOf("j")} ${page.keyOf("k")}`, "Next or previous row");
    lines.set(page.keyOf("o"), "Open the marked row");
  }
  lines.set("Ctrl K", "Every command by name");
  lines.set("?", "This list");
  dialog.querySelector("dl").replaceChildren(...[...lines].flatMap(([key, words]) => {
    const term = document.createElement("dt");
    term.append(...printed(key));
    return [term, Object.assign(document.createElement("dd"), { textContent: words })];
  }));
}

// What can be done: the page's commands but sending, then the places, then what was typed as a case or as words.
function choices(dialog, page, typed) {
  const found = declared(page)
    .filter((e) => !["Ctrl Enter", "Escape"].includes(e.dataset.key) && !e.matches("nav[aria-label=Main] *"))
    .map((e) => ({ words: wordsOf(e), key: page.keyOf(e.dataset.key), run: () => page.act(e) }));
  document.querySelectorAll("nav[aria-label=Main] a").forEach((a) => {
    found.push({ words: `Go to ${a.textContent.trim()}`, key: a.dataset.key ? page.keyOf(a.dataset.key) : "", run: () => a.click() });
  });
  document.querySelectorAll("[data-command]").forEach((e) => found.push({ words: e.dataset.command, key: e.dataset.open === "shortcuts" ? "?" : "", run: () => e.click() }));
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting = found.filter((choice) => wanted.every((word) => choice.words.toLowerCase().includes(word)));
  const number = /^c?-?(\d{1,9})$/i.exec(typed.trim());
  const { cases, search } = dialog.dataset;
  if (number && cases) fitting.unshift({ words: `Open case C-${number[1]}`, key: "", run: () => location.assign(cases.replace("C-0", `C-${number[1]}`)) });
  if (typed.trim() && search) fitting.push({ words: `Find “${typed.trim()}” in the queue`, key: "", run: () => location.assign(search + encodeURIComponent(typed.trim())) });
  return fitting;
}

export function palette(dialog, page) {
  const field = dialog.querySelector("input");
  const list = dialog.querySelector("[role=listbox]");
  const told = dialog.querySelector("[role=status]");
  let shown = [];
  let at = 0;
  const choose = (place) => {
    at = place;
    [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
    if (shown.length) { field.setAttribute("aria-activedescendant", `choice-${at}`); list.children[at].scrollIntoView({ block: "nearest" }); } else field.removeAttribute("aria-activedescendant");
  };
  const show = () => {
    shown = choices(dialog, page, field.value);
    list.replaceChildren(...shown.map((choice, i) => {
      const option = Object.assign(document.createElement("li"), { id: `choice-${i}` });
      option.setAttribute("role", "option");
      option.append(Object.assign(document.createElement("span"), { textContent: choice.words }));
      if (choice.key) { const keys = document.createElement("span"); keys.append(...printed(choice.key)); option.append(keys); }
      return option;
    }));
    list.hidden = !shown.length;
    field.setAttribute("aria-expanded", String(shown.length > 0));
    told.textContent = shown.length ? `${shown.length} command${shown.length === 1 ? "" : "s"}` : "No command has these words. Try fewer of them.";
    choose(0);
  };
  const run = () => { const choice = shown[at]; if (choice) { dialog.close(); choice.run(); } };
  field.oninput = show;
  dialog.onclose = () => { field.value = ""; };
  field.onkeydown = (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && shown.length) { event.preventDefault(); choose((at + steps[event.key] + shown.length) % shown.length); }
    if (event.key === "Enter") { event.preventDefault(); run(); }
  };
  list.onclick = (event) => {
    const option = event.target.closest("[role=option]");
    if (option) { at = [...list.children].indexOf(option); run(); }
  };
  show();
}
