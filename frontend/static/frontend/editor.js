// Alt and an arrow move the rule that has the focus one place, as its own buttons do.
document.addEventListener("keydown", (event) => {
  const rule = event.altKey && { ArrowUp: "up", ArrowDown: "down" }[event.key] && event.target.closest(".rules__row[id^=rule-]");
  const button = rule && document.getElementById(rule.id.replace("rule", event.key === "ArrowUp" ? "up" : "down"));
  if (!button) return;
  event.preventDefault();
  button.click();
});

// Shift and an arrow move a number by data-step-shift points; the arrow alone is the browser's own step.
document.addEventListener("keydown", (event) => {
  const step = Number(event.target.dataset && event.target.dataset.stepShift);
  if (!step || !event.shiftKey || !["ArrowUp", "ArrowDown"].includes(event.key) || event.target.value === "") return;
  event.preventDefault();
  event.target.value = Number(event.target.value) + (event.key === "ArrowUp" ? step : -step);
  event.target.dispatchEvent(new Event("input", { bubbles: true }));
});
