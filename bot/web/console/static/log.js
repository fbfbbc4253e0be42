// Follows the output of an attempt while it is being written.
"use strict";
(() => {
  const log = document.querySelector("[data-log]");
  if (!log) return;
  log.scrollTop = log.scrollHeight;
  async function follow() {
    if ("over" in log.dataset) return;
    let pause = 1000;
    try {
      const answer = await fetch(`${log.dataset.log}?offset=${log.dataset.next}`);
      if (answer.ok) {
        const part = await answer.json();
        const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
        if (part.text) {
          log.append(part.text);
          document.querySelector("[data-quiet]")?.remove();
          pause = 250;
        }
        log.dataset.next = part.next;
        if (part.is_over) log.dataset.over = "";
        if (atEnd) log.scrollTop = log.scrollHeight;
      }
    } catch {
      pause = 4000;
    }
    setTimeout(follow, pause);
  }
  follow();
})();
