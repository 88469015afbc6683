// Naming a colleague: after an @ in textarea[data-mentions] the people of the list it names are offered below it.
(() => {
  "use strict";
  const NAME = /(?:^|[^\w.@])@([\p{L}\p{N}'’-]*(?: [\p{L}\p{N}'’-]*)?)$/u;
  const listOf = (area) => document.getElementById(area.dataset.mentions);
  const shown = (list) => [...list.children].filter((item) => !item.hidden);
  const begun = (area) => { const found = NAME.exec(area.value.slice(0, area.selectionStart)); return found ? found[1] : null; };

  function mark(area, item) {
    for (const each of listOf(area).children) each.setAttribute("aria-selected", String(each === item));
    if (item) { area.setAttribute("aria-activedescendant", item.id); item.scrollIntoView({ block: "nearest" }); } else area.removeAttribute("aria-activedescendant");
  }
  function offer(area) {
    const list = listOf(area);
    const name = begun(area);
    const wanted = (name || "").toLowerCase();
    for (const item of list.children) item.setAttribute("role", "option");
    for (const item of list.children) item.hidden = name === null || !item.textContent.toLowerCase().startsWith(wanted);
    const found = shown(list);
    list.hidden = !found.length;
    mark(area, found[0] || null);
    const live = document.getElementById("live");
    if (live && found.length) live.textContent = `${found.length} ${found.length === 1 ? "person" : "people"}: ${found[0].textContent}. Enter chooses.`;
  }
  function choose(area, item) {
    const at = area.selectionStart - begun(area).length;
    area.setRangeText(`${item.textContent} `, at, area.selectionStart, "end");
    close(area);
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function close(area) { listOf(area).hidden = true; mark(area, null); }

  // the list comes on first focus, and some people type faster than it does
  document.addEventListener("htmx:afterSwap", (event) => { const area = document.activeElement; if (area.matches("[data-mentions]") && event.target === listOf(area)) offer(area); });
  document.addEventListener("input", (event) => { if (event.target.matches("[data-mentions]")) offer(event.target); });
  document.addEventListener("keydown", (event) => {
    const area = event.target.closest("[data-mentions]");
    if (!area || listOf(area).hidden) return;
    const items = shown(listOf(area));
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
    const area = item && document.querySelector(`[data-mentions="${item.parentElement.id}"]:focus`);
    if (area) { event.preventDefault(); choose(area, item); }
  });
  document.addEventListener("focusout", (event) => { if (event.target.matches("[data-mentions]")) close(event.target); });
})();
