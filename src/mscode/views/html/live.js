// Keeps the page of `mscode watch --serve` current: the server says that there is a newer one, and the parts that differ are put
// in its place. Without this script the page loads itself again.
"use strict";
(() => {
  const ACTIVE = "a, summary, button";
  const say = (text) => { document.getElementById("link").textContent = text; };
  const isLost = () => say("The server does not answer; what stands here is older.");
  let isLoading = false, isStale = false;

  const addButton = (code) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${code.textContent}`);
    button.addEventListener("click", () => navigator.clipboard.writeText(code.textContent));
    code.after(button);
  };
  const addButtons = (part) => {
    if (navigator.clipboard) part.querySelectorAll("code.command").forEach(addButton);
  };

  const replace = (old, part) => {
    const open = [...old.querySelectorAll("details")].map((each) => each.open);
    const focused = [...old.querySelectorAll(ACTIVE)].indexOf(document.activeElement);
    part.querySelectorAll("details").forEach((each, at) => { each.open = open[at] ?? false; });
    addButtons(part);
    old.replaceWith(part);
    if (focused >= 0) part.querySelectorAll(ACTIVE)[focused]?.focus({ preventScroll: true });
  };
  const shown = new Map();
  const show = (next) => {
    const parts = [...next.querySelectorAll("[data-part]")];
    document.querySelectorAll("[data-part]").forEach((old) => { if (!next.getElementById(old.id)) old.remove(); });
    parts.forEach((part, at) => {
      const html = part.outerHTML, old = document.getElementById(part.id);
      if (!old) { document.getElementById(parts[at - 1].id).after(part); addButtons(part); }
      else if (shown.get(part.id) !== html) replace(old, part);
      shown.set(part.id, html);
    });
  };

  const load = async () => {
    isStale = true;
    if (isLoading) return;
    isLoading = true;
    for (; isStale; ) {
      isStale = false;
      const answer = await fetch("/", { cache: "no-store" }).catch(isLost);
      if (answer?.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    }
    isLoading = false;
  };
  const events = new EventSource("/events");
  events.addEventListener("page", load);
  events.addEventListener("open", () => say("This page follows along by itself."));
  events.addEventListener("error", isLost);
  addButtons(document);
})();
