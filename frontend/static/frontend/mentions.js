// Lists below a text: after an @ the people of the list in data-mentions, after a / at the start of a word the phrases of the one in data-phrases.
(() => {
  "use strict";
  // what has been typed of a list's item, and what its items are called; an item's own text, or its data-text, takes that place
  const KINDS = {
    mentions: { typed: /(?:^|[^\w.@])@([\p{L}\p{N}'’-]*(?: [\p{L}\p{N}'’-]*)?)$/u, said: ["person", "people"] },
    phrases: { typed: /(?:^|\s)(\/[\p{L}\p{N}_-]*)$/u, said: ["phrase", "phrases"] },
  };
  const AREA = "[data-mentions], [data-phrases]";
  const listOf = (area, kind) => document.getElementById(area.dataset[kind]);
  const lists = (area) => Object.keys(KINDS).map((kind) => listOf(area, kind)).filter(Boolean);
  const openList = (area) => lists(area).find((list) => !list.hidden);
  const shown = (list) => [...list.children].filter((item) => !item.hidden);
  const begun = (area, kind) => { const found = KINDS[kind].typed.exec(area.value.slice(0, area.selectionStart)); return found ? found[1] : null; };

  function mark(area, item) {
    for (const list of lists(area)) for (const each of list.children) each.setAttribute("aria-selected", String(each === item));
    if (item) { area.setAttribute("aria-activedescendant", item.id); item.scrollIntoView({ block: "nearest" }); } else area.removeAttribute("aria-activedescendant");
  }
  function offer(area) {
    close(area);
    for (const [kind, { said }] of Object.entries(KINDS)) {
      const list = listOf(area, kind);
      const typed = list ? begun(area, kind) : null;
      if (typed === null) continue;
      for (const item of list.children) { item.setAttribute("role", "option"); item.hidden = !item.textContent.toLowerCase().startsWith(typed.toLowerCase()); }
      const found = shown(list);
      if (!found.length) continue;
      list.hidden = false;
      mark(area, found[0]);
      const live = document.getElementById("live");
      if (live) live.textContent = `${found.length} ${said[found.length === 1 ? 0 : 1]}: ${found[0].textContent}. Enter chooses.`;
      return;
    }
  }
  function choose(area, item) {
    const kind = Object.keys(KINDS).find((each) => listOf(area, each) === item.parentElement);
    const at = area.selectionStart - begun(area, kind).length;
    area.setRangeText(`${item.dataset.text || item.textContent} `, at, area.selectionStart, "end");
    close(area);
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function close(area) { for (const list of lists(area)) list.hidden = true; mark(area, null); }

  // the lists come on first focus, and some people type faster than they do
  document.addEventListener("htmx:afterSettle", (event) => { const area = document.activeElement; if (area.matches(AREA) && lists(area).includes(event.target)) offer(area); });
  document.addEventListener("input", (event) => { if (event.target.matches(AREA)) offer(event.target); });
  document.addEventListener("keydown", (event) => {
    const area = event.target.closest(AREA);
    const list = area && openList(area);
    if (!list) return;
    const items = shown(list);
    const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") mark(area, items[(at + 1) % items.length]);
    else if (event.key === "ArrowUp") mark(area, items[(at - 1 + items.length) % items.length]);
    else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") choose(area, items[Math.max(at, 0)]);
    else if (event.key === "Escape") close(area);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener("pointerdown", (event) => {
    const item = event.target.closest(".mentions[role=listbox] > li");
    const area = document.activeElement;
    if (item && area.matches(AREA) && lists(area).includes(item.parentElement)) { event.preventDefault(); choose(area, item); }
  });
  document.addEventListener("focusout", (event) => { if (event.target.matches(AREA)) close(event.target); });
  // this script comes on first focus, too: what was typed meanwhile is looked at now
  if (document.activeElement.matches(AREA)) offer(document.activeElement);
})();
