// Small helpers over pages that work without them. No eval, no inline handlers; everything is declared in the HTML.
(() => {
  "use strict";
  const root = document.documentElement;

  const say = (text) => {
    const live = document.getElementById("live");
    if (live) { live.textContent = ""; live.textContent = text; }
  };
  // The cookie's token, not the page's: signing in again in another tab has given the browser a new one.
  const token = () => (document.cookie.match(/(?:^|; )csrftoken=([^;]+)/) || [])[1];
  const headers = () => {
    const given = JSON.parse(document.body.getAttribute("hx-headers") || "{}");
    if (token()) given["X-CSRFToken"] = token();
    return given;
  };
  // An answered request of the person's own keeps the session; watchSession counts from the last one.
  let lastRequest = Date.now();
  const post = async (url, body) => {
    if (token()) body.set("csrfmiddlewaretoken", token());
    const answer = await fetch(url, {
      method: "POST", body, credentials: "same-origin", keepalive: true,
      headers: { ...headers(), "HX-Request": "true", "HX-Current-URL": location.href },
    });
    if (answer.ok) lastRequest = Date.now();
    return answer;
  };
  const visible = (element) => element.getClientRects().length > 0;

  // --- keys: data-key="a" or "g q" or "Ctrl Enter"; the last visible declaration wins, so a panel is above its page ---
  // A person's own key stands in data-keys of the page, by the usual one that the HTML declares.
  const own = JSON.parse(root.dataset.keys || "{}");
  const keyOf = (usual) => own[usual] || usual;
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const keyed = (key) => [...document.querySelectorAll("[data-key]")].filter((e) => keyOf(e.dataset.key) === key && visible(e) && !e.disabled).pop();
  const act = (element) => {
    if (element.matches("input[type=checkbox], input[type=radio]")) { element.focus(); element.click(); } else if (element.matches("input, textarea, select")) { element.focus(); if (element.select) element.select(); } else { element.click(); }
  };
  let pending = "";
  let pendingTimer = 0;
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey) return;
    const dialog = document.querySelector("dialog[open]");
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      const commit = keyed("Ctrl Enter");
      if (commit) { event.preventDefault(); commit.click(); }
      return;
    }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      if (!dialog) { event.preventDefault(); openDialog("palette"); }
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") {
      const open = document.querySelector("details.menu[open]");
      if (open) { open.removeAttribute("open"); open.querySelector("summary").focus(); return; }
      const close = keyed("Escape");
      if (close && !dialog) { event.preventDefault(); close.click(); }
      return;
    }
    if (root.dataset.shortcuts === "off" || typing(event.target) || dialog) return;
    if (event.key === "?") { event.preventDefault(); openDialog("shortcuts"); return; }
    if (event.key.length !== 1 && event.key !== "Enter") return;
    if (event.key === "Enter" && event.target.closest("a, button, summary, input, [role=button]")) return;
    const key = event.key.length === 1 && !event.shiftKey ? event.key.toLowerCase() : event.key;
    const whole = keyed(pending ? `${pending} ${key}` : key);
    if (!whole && moveRow(key)) { event.preventDefault(); pending = ""; return; }
    const target = whole || keyed(key);
    pending = "";
    if (target) { event.preventDefault(); act(target); return; }
    if ([...document.querySelectorAll("[data-key]")].some((e) => keyOf(e.dataset.key).startsWith(`${key} `))) {
      pending = key;
      clearTimeout(pendingTimer);
      pendingTimer = setTimeout(() => { pending = ""; }, 1200);
    }
  });

  // What a screen reader is told, and the key printed on a control, are the person's own.
  const mirrorKeys = (scope) => scope.querySelectorAll("[data-key]").forEach((e) => {
    const key = keyOf(e.dataset.key);
    if (!key.includes(" ") || key === "Ctrl Enter") e.setAttribute("aria-keyshortcuts", key.replace("Ctrl Enter", "Control+Enter"));
    const printed = key === e.dataset.key ? null : e.querySelector("kbd");
    if (printed) printed.textContent = key.toUpperCase();
  });

  // --- rows: j k move a marker in [data-rows]; o and Enter open; a key in data-row-key acts on the marked row ---
  const rows = () => [...document.querySelectorAll("[data-rows] [data-row]")].filter(visible);
  const mark = (row) => {
    document.querySelectorAll("[data-marked]").forEach((r) => delete r.dataset.marked);
    row.dataset.marked = "";
    row.scrollIntoView({ block: "nearest" });
    say(row.dataset.row);
  };
  function moveRow(key) {
    const all = rows();
    if (!all.length) return false;
    const at = all.findIndex((r) => "marked" in r.dataset);
    if (key === keyOf("j")) { mark(all[Math.min(at + 1, all.length - 1)]); return true; }
    if (key === keyOf("k")) { mark(all[Math.max(at - 1, 0)]); return true; }
    if (at < 0) return false;
    const control = key === keyOf("o") || key === "Enter" ? all[at].querySelector("a[href]") : [...all[at].querySelectorAll("[data-row-key]")].find((e) => keyOf(e.dataset.rowKey) === key);
    if (control) {
      control.click();
      const field = control.matches("summary") && control.parentElement.querySelector("textarea");
      if (field) field.focus();
      return true;
    }
    return false;
  }

  // --- the shortcut sheet and the command palette: opened at once, filled by a script that only they need ---
  function openDialog(id) {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open) return;
    dialog.showModal();
    import(dialog.dataset.script).then((commands) => commands[id](dialog, { keyOf, visible, act, hasRows: rows().length > 0 }));
  }

  document.addEventListener("focusin", (event) => { const area = event.target.closest("[data-mentions]"); if (area) import(area.dataset.script); });

  // --- poll: while the tab is visible, "refresh" is sent to the body every data-poll-seconds ---
  let sincePoll = 0;
  let lastActivity = Date.now();
  const tick = () => {
    const seconds = Number(document.body.dataset.pollSeconds || 0);
    sincePoll += 1;
    if (seconds && sincePoll >= seconds && document.visibilityState === "visible") {
      sincePoll = 0;
      document.body.dispatchEvent(new CustomEvent("refresh"));
    }
    document.querySelectorAll("[data-countdown]").forEach(count);
    watchSession();
    beat();
  };
  document.addEventListener("htmx:configRequest", (event) => {
    const cause = event.detail.triggeringEvent;
    if (cause && cause.type === "refresh") event.detail.headers["UW-Poll"] = "1";
    Object.assign(event.detail.headers, headers());
    if (token() && event.detail.parameters.csrfmiddlewaretoken) event.detail.parameters.csrfmiddlewaretoken = token();
  });

  // --- countdown: seconds for the eye, every fifth second for a screen reader, then data-done ---
  function count(element) {
    const left = Math.ceil((Date.parse(element.dataset.countdown) - Date.now()) / 1000);
    if (left <= 0) {
      if ("finished" in element.dataset) return;
      element.dataset.finished = "";
      element.textContent = element.dataset.done || "";
      const undo = element.closest("[data-held]");
      if (undo) undo.querySelectorAll("[data-while-held]").forEach((e) => { e.hidden = true; });
      document.body.dispatchEvent(new CustomEvent("refresh"));
      return;
    }
    element.textContent = `${element.dataset.before || ""}${left} s`;
    if (left % 5 === 0 && left <= 30) { const spoken = element.parentElement.querySelector("[data-spoken]"); if (spoken) spoken.textContent = `${left} seconds left`; }
  }

  // --- drafts: a form with data-draft-url is saved two seconds after the last key, and when its page is left ---
  const unsaved = new Map();
  const keepLater = (form, seconds) => {
    clearTimeout(unsaved.get(form));
    unsaved.set(form, setTimeout(() => saveDraft(form), seconds * 1000));
  };
  document.addEventListener("input", (event) => {
    lastActivity = Date.now();
    const form = event.target.closest("form[data-draft-url]");
    if (form) keepLater(form, 2);
  });
  const saveAll = () => [...unsaved.keys()].forEach(saveDraft);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") saveAll(); });
  addEventListener("beforeunload", saveAll); // a page that is loaded anew is asked for before the old one is hidden
  async function saveDraft(form) {
    clearTimeout(unsaved.get(form));
    unsaved.delete(form);
    const note = form.querySelector("[data-draft-state]");
    const tell = (words) => { if (note) note.textContent = words; };
    try {
      const answer = await post(form.dataset.draftUrl, new FormData(form));
      if (answer.ok) tell(`Saved ${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`);
      else if (answer.status === 401) tell("You are signed out. Your text is still here.");
      else throw new Error(String(answer.status));
    } catch {
      tell("Could not save. Your text is still here.");
      if (form.isConnected) keepLater(form, 10);
    }
  }

  // --- heartbeat: real activity keeps a lease; a session that idles is warned two minutes before it ends ---
  ["keydown", "pointerdown", "wheel"].forEach((name) => document.addEventListener(name, () => { lastActivity = Date.now(); }, { passive: true }));
  let lastBeat = Date.now();
  function beat() {
    const holder = document.querySelector("[data-heartbeat-url]");
    if (!holder || document.visibilityState !== "visible" || Date.now() - lastBeat < 60000 || lastActivity <= lastBeat) return;
    lastBeat = Date.now();
    post(holder.dataset.heartbeatUrl, new FormData()).then(async (answer) => {
      if (answer.status === 409) tellClaimLost(holder, await answer.text());
    }).catch(() => {});
  }
  function tellClaimLost(holder, sentence) {
    delete holder.dataset.heartbeatUrl;
    const notice = document.createElement("p");
    notice.className = "notice notice--decline";
    notice.setAttribute("role", "alert");
    notice.textContent = sentence;
    holder.prepend(notice);
  }
  document.addEventListener("htmx:afterRequest", (event) => {
    const cause = event.detail.requestConfig && event.detail.requestConfig.triggeringEvent;
    if (!cause || cause.type !== "refresh") lastRequest = Date.now();
  });
  function watchSession() {
    const warning = document.getElementById("session-warning");
    if (warning && !warning.open && Date.now() - lastRequest > 28 * 60000) warning.showModal();
  }

  // --- clicks: copy, dialogs, dismissing, menus, suggestions, row clicks ---
  document.addEventListener("click", async (event) => {
    const on = (selector) => event.target.closest(selector);
    let element;
    if ((element = on("[data-copy]"))) {
      try { await navigator.clipboard.writeText(element.dataset.copy); say("Copied"); element.dataset.copied = ""; } catch { say("Could not copy"); }
    }
    if ((element = on("[data-open]"))) openDialog(element.dataset.open);
    if ((element = on("[data-close-dialog]"))) element.closest("dialog").close();
    if ((element = on("[data-stay]"))) { lastRequest = Date.now(); post(element.dataset.stay, new FormData()).catch(() => {}); element.closest("dialog").close(); }
    if ((element = on("[data-close-panel]"))) {
      event.preventDefault();
      const opener = document.getElementById(element.dataset.closePanel);
      document.getElementById("panel").replaceChildren();
      if (opener) opener.focus();
    }
    if ((element = on("[data-dismiss]"))) element.closest(".toast, .notice").remove();
    if ((element = on("[data-tick]"))) {
      const form = element.closest("form");
      element.dataset.tick.split(" ").forEach((value) => { const box = form.querySelector(`input[type=checkbox][value="${CSS.escape(value)}"]`); if (box) box.checked = true; });
      form.dispatchEvent(new Event("input", { bubbles: true }));
      form.dispatchEvent(new Event("change", { bubbles: true }));
    }
    document.querySelectorAll("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.removeAttribute("open"); });
    const row = on("[data-row]");
    if (row && !on("a, button, input, label, select, summary")) { const link = row.querySelector("a[href]"); if (link) link.click(); }
  });
  document.addEventListener("change", (event) => {
    lastActivity = Date.now();
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
    if (event.target.matches("[data-show-password]")) document.getElementById(event.target.dataset.showPassword).type = event.target.checked ? "text" : "password";
  });

  // --- toasts without an undo leave after eight seconds, unless someone is on them ---
  const toasts = (scope) => scope.querySelectorAll(".toast:not([data-stays])").forEach((toast) => {
    if ("timed" in toast.dataset) return;
    toast.dataset.timed = "";
    const leave = () => setTimeout(() => { if (toast.matches(":hover, :focus-within")) leave(); else toast.remove(); }, 8000);
    leave();
  });

  // --- failures are told where they happened, with a way to try again, never as a toast alone ---
  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach((name) => document.addEventListener(name, (event) => {
    const cause = event.detail.requestConfig && event.detail.requestConfig.triggeringEvent;
    if (cause && cause.type === "refresh") return;
    const target = event.detail.target || document.body;
    if (target.querySelector(":scope > .notice[data-network]")) return;
    const notice = document.createElement("div");
    notice.className = "notice notice--refer";
    notice.dataset.network = "";
    notice.setAttribute("role", "alert");
    const again = document.createElement("button");
    again.type = "button";
    again.className = "btn btn--small";
    again.textContent = "Try again";
    const source = event.detail.elt;
    if (source.dataset.draftUrl) keepLater(source, 2);
    again.addEventListener("click", () => { notice.remove(); if (source.requestSubmit) source.requestSubmit(); else source.click(); });
    const words = name === "htmx:responseError" ? "The server could not do that." : "Could not reach the server.";
    notice.append(Object.assign(document.createElement("p"), { textContent: `${words} What you typed is still here.` }), again);
    target.prepend(notice);
  }));
  document.addEventListener("htmx:beforeRequest", (event) => {
    const told = event.detail.target && event.detail.target.querySelector(":scope > .notice[data-network]");
    if (told) told.remove();
  });

  // --- what takes more than two seconds says so ---
  document.addEventListener("htmx:beforeSend", (event) => {
    const { elt, xhr, requestConfig } = event.detail;
    clearTimeout(unsaved.get(elt)); // what is being sent is kept by the server before anything else
    unsaved.delete(elt);
    if (requestConfig.triggeringEvent && requestConfig.triggeringEvent.type === "refresh") return;
    const note = elt.querySelector("[data-draft-state]");
    const slow = setTimeout(() => { say("The server is still at it."); if (note) note.textContent = "The server is still at it."; }, 2000);
    xhr.addEventListener("loadend", () => clearTimeout(slow));
  });

  const refreshScope = (scope) => { mirrorKeys(scope); toasts(scope); };
  document.addEventListener("htmx:afterSettle", (event) => refreshScope(event.target.parentElement || document));
  document.addEventListener("DOMContentLoaded", () => { refreshScope(document); setInterval(tick, 1000); });
})();
