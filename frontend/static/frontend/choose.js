// Choosing rows: the bar for the chosen takes the filters' place, and Shift x (or a click with Shift) chooses from the last one on.
(() => {
  "use strict";
  const boxes = () => [...document.querySelectorAll('[data-rows] input[name="case"]')];
  let last = null;
  const show = () => {
    const bar = document.querySelector("[data-bulk-bar]");
    if (!bar) return;
    const count = boxes().filter((box) => box.checked).length;
    const filters = document.querySelector("#queue-table > form.filters:not([data-bulk-bar])");
    bar.hidden = count === 0;
    if (filters) filters.hidden = count > 0;
    bar.querySelector("[data-bulk-count]").textContent = count === 1 ? "1 case chosen" : `${count} cases chosen`;
  };
  const range = (to) => {
    const all = boxes();
    const [from, end] = [all.indexOf(last), all.indexOf(to)].sort((a, b) => a - b);
    if (from >= 0) all.slice(from, end + 1).forEach((box) => { box.checked = true; });
  };
  document.addEventListener("click", (event) => {
    const box = event.target.closest('[data-rows] input[name="case"]');
    if (!box) return;
    if (event.shiftKey && last && box.checked) range(box);
    last = box;
    show();
  });
  document.addEventListener("keydown", (event) => {
    if (!event.shiftKey || event.key.toLowerCase() !== "x" || document.documentElement.dataset.shortcuts === "off" || event.target.closest("input:not([type=checkbox]), textarea, select, dialog")) return;
    const box = document.querySelector('[data-marked] input[name="case"]');
    if (!box) return;
    event.preventDefault();
    box.checked = true;
    if (last) range(box);
    last = box;
    show();
  });
  document.addEventListener("htmx:afterSettle", show);
  document.addEventListener("DOMContentLoaded", show);
})();
