// Enhances pages that work without it: times from the reader's point of view, live fragments, keys, zoom, dropped files.
"use strict";
(() => {
  const root = document.documentElement;
  const body = document.body;
  root.classList.add("scripted");

  // ---------------------------------------------------------------- times
  const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
  const relative = new Intl.RelativeTimeFormat(root.lang, { numeric: "auto" });
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  function tellTimes() {
    for (const one of document.querySelectorAll("time[datetime]")) {
      const moment = new Date(one.dateTime);
      if (Number.isNaN(moment.getTime())) continue;
      const seconds = (moment - Date.now()) / 1000;
      const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length) || ["second", 1];
      const words = Math.abs(seconds) < 10 ? "just now" : relative.format(Math.round(seconds / length), unit);
      if (one.textContent !== words) one.textContent = words;
      one.title = exact.format(moment);
    }
  }
  tellTimes();
  setInterval(tellTimes, 15000);

  // ---------------------------------------------------------------- forms
  for (const form of document.querySelectorAll("form[data-autosubmit]")) {
    form.addEventListener("change", (event) => { if (event.target.matches("select")) form.requestSubmit(); });
  }
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-all]")) return;
    for (const box of document.querySelectorAll('input[name="phase"]')) box.checked = event.target.checked;
  });
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll("details.confirm[open], details.menu[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    setTimeout(() => { for (const one of event.target.querySelectorAll("button:enabled")) { one.disabled = true; one.dataset.sent = ""; } });
  });
  addEventListener("pageshow", () => { for (const one of document.querySelectorAll("button[data-sent]")) one.disabled = false; });

  // ---------------------------------------------------------------- keys
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const open of document.querySelectorAll("details.confirm[open], details.menu[open]")) open.open = false;
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const field = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (field) { event.preventDefault(); field.focus(); field.select(); return; }
    if (event.key === "x") {
      const box = document.activeElement.closest("[data-row]")?.querySelector('input[name="phase"]');
      if (box) { event.preventDefault(); box.checked = !box.checked; }
      return;
    }
    if (event.key !== "j" && event.key !== "k") return;
    const rows = [...document.querySelectorAll("[data-row]")];
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const next = event.key === "j" ? Math.min(at + 1, rows.length - 1) : Math.max(at - 1, 0);
    rows[next].querySelector("a").focus();
  });

  // ---------------------------------------------------------------- zoom
  function zoomable() {
    for (const bar of document.querySelectorAll("[data-zoom-for]")) {
      if (bar.childElementCount) continue;
      for (const [sign, name, change] of [["−", "Smaller", 1 / 1.25], ["+", "Larger", 1.25], ["Fit", "Fit the width", 0]]) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "small";
        button.textContent = sign;
        button.setAttribute("aria-label", name);
        button.addEventListener("click", () => zoom(document.querySelector(`#${bar.dataset.zoomFor} [data-zoom]`), change));
        bar.append(button);
      }
    }
  }
  let scale = 1;
  function zoom(graph, change) {
    const drawing = graph && graph.querySelector("svg");
    if (!drawing) return;
    const { width, height } = drawing.viewBox.baseVal;
    scale = change ? Math.min(4, Math.max(0.2, scale * change)) : Math.min(1, (graph.clientWidth - 24) / width);
    drawing.setAttribute("width", width * scale);
    drawing.setAttribute("height", height * scale);
  }
  zoomable();
  for (const graph of document.querySelectorAll("[data-zoom]")) {  // a little too wide is better small than cut
    const { width } = graph.querySelector("svg").viewBox.baseVal;
    const room = (graph.clientWidth - 24) / width;
    if (room < 1 && room > 0.6) zoom(graph, 0);
    const first = graph.querySelector(".node");  // of a wider one, where it begins
    if (first) graph.scrollLeft += first.getBoundingClientRect().left - graph.getBoundingClientRect().left - (graph.clientWidth - first.getBoundingClientRect().width) / 2;
  }

  // ---------------------------------------------------------------- live fragments
  const follows = body.dataset.live;
  const connection = document.getElementById("connection");
  let fetching = null, wanted = false, last = 0;

  function concerns(told) {
    if (follows === "all") return told.changes.length || told.jobs.length;
    const [kind, id] = follows.split(/:(.*)/);
    if (kind === "jobs") return told.jobs.length;
    if (kind === "job") return told.jobs.some((change) => change.job === id);
    return told.changes.some((change) => change[kind] === id);
  }
  async function refresh() {
    if (fetching) { wanted = true; return; }
    wanted = false;
    fetching = fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store", redirect: "error" })
      .then(async (answer) => { if (answer.ok) replace(new DOMParser().parseFromString(await answer.text(), "text/html")); })
      .catch(() => {});
    await fetching;
    last = Date.now();
    fetching = null;
    if (wanted) setTimeout(refresh, 250);
  }
  function replace(page) {
    for (const old of document.querySelectorAll("[data-fragment]")) {
      const now = page.getElementById(old.id);
      if (!now || now.innerHTML === (old.sent ?? "")) continue;
      if (old.querySelector("details.confirm[open]") || old.querySelector("input[type=text]:focus, select:focus")) { wanted = true; continue; }
      keepingPlace(old, () => old.replaceChildren(...now.cloneNode(true).childNodes));
      old.sent = now.innerHTML;
    }
    if ("settled" in page.body.dataset) body.dataset.settled = ""; else delete body.dataset.settled;
    tellTimes();
    if (scale !== 1) zoom(document.querySelector("[data-zoom]"), 1);
    document.dispatchEvent(new CustomEvent("refreshed"));
  }
  function keepingPlace(fragment, change) {
    const active = fragment.contains(document.activeElement) ? document.activeElement : null;
    const name = (one) => [one.tagName, one.getAttribute("href"), one.getAttribute("aria-label"), one.name, one.value].join(" ");
    const known = active && name(active);
    const ticked = new Set([...fragment.querySelectorAll("input:checked")].map((one) => one.value));
    const open = [...fragment.querySelectorAll("details")].map((one) => one.open);
    const scrolled = [...fragment.querySelectorAll(".graph")].map((one) => [one.scrollLeft, one.scrollTop]);
    change();
    for (const box of fragment.querySelectorAll("input[type=checkbox]")) if (ticked.has(box.value)) box.checked = true;
    fragment.querySelectorAll("details").forEach((one, at) => { if (open.length && open[at]) one.open = true; });
    fragment.querySelectorAll(".graph").forEach((one, at) => { if (scrolled[at]) one.scrollTo(...scrolled[at]); });
    if (!known) return;
    [...fragment.querySelectorAll("a, button, input, summary")].find((one) => name(one) === known)?.focus({ preventScroll: true });
  }

  let since = null, socket = null, pause = 500, polling = null, heard = 0;
  function say(words) {
    connection.hidden = !words;
    connection.textContent = words;
  }
  function connect() {
    const place = new URL(since === null ? "/ws" : `/ws?after=${since}`, location.href);
    place.protocol = place.protocol.replace("http", "ws");
    socket = new WebSocket(place);
    socket.addEventListener("message", (event) => {
      heard = Date.now();
      const told = JSON.parse(event.data);
      if (told.type === "hello") {
        if (since === null || pause > 500) refresh();
        pause = 500;
        say("");
        clearInterval(polling);
        polling = null;
      }
      if (told.seq !== undefined) since = Math.max(since ?? 0, told.seq);
      if (told.type === "reset" || (told.type === "changes" && concerns(told))) refresh();
    });
    socket.addEventListener("close", () => {
      say("The live connection dropped. This page looks for news every few seconds, and reconnects by itself.");
      poll();
      setTimeout(connect, pause);
      pause = Math.min(pause * 2, 30000);
    });
  }
  function poll() {
    polling ??= setInterval(async () => {
      if ("settled" in body.dataset) { clearInterval(polling); polling = null; return; }
      try {
        const answer = await fetch(`/api/changes${since === null ? "" : `?after=${since}`}`);
        if (!answer.ok) return;
        const found = await answer.json();
        if (since === null || found.is_reset || concerns(found)) refresh();
        since = found.seq;
      } catch { /* still away */ }
    }, 4000);
  }
  setInterval(() => { if (socket?.readyState === WebSocket.OPEN && Date.now() - heard > 50000) socket.close(); }, 10000);
  if (follows) connect();

  // ---------------------------------------------------------------- dropped files
  for (const zone of document.querySelectorAll(".drop-zone")) {
    const field = zone.querySelector("input[type=file]");
    const names = zone.querySelector("[data-names]");
    const show = () => { names.textContent = [...field.files].map((file) => file.name).join(", "); };
    field.addEventListener("change", show);
    for (const type of ["dragenter", "dragover"]) zone.addEventListener(type, (event) => { event.preventDefault(); zone.classList.add("over"); });
    for (const type of ["dragleave", "drop"]) zone.addEventListener(type, () => zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => { event.preventDefault(); field.files = event.dataTransfer.files; show(); });
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-toggle]");
    if (!button) return;
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    button.value = (root.dataset.theme || (dark ? "dark" : "light")) === "dark" ? "light" : "dark";
  });
})();
