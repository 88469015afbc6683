// A page that cannot be drawn says why, in the server's words, where the page would be.
(() => {
  "use strict";
  const tell = async (image) => {
    const note = image.closest("[data-page]").querySelector("[data-page-failed]");
    note.hidden = false;
    const answer = await fetch(image.src, { credentials: "same-origin" }).catch(() => null);
    if (answer && !answer.ok && (answer.headers.get("Content-Type") || "").startsWith("text/plain")) note.textContent = await answer.text();
  };
  document.addEventListener("error", (event) => { if (event.target.matches(".leaf img")) tell(event.target); }, true);
  document.querySelectorAll(".leaf img").forEach((image) => { if (image.complete && !image.naturalWidth) tell(image); });
})();
