// Keeps a page fresh, counts times on, and moves by keys. Everything on a page works without it.
(() => {
  "use strict";
  const MINUTE = 60, HOUR = 3600, DAY = 86400;
  const all = (selector) => [...document.querySelectorAll(selector)];

  // As the server writes it: "just now", "5 minutes ago", a date after a week.
  const relative = (then) => {
    const seconds = Math.trunc((Date.now() - then.getTime()) / 1000), span = Math.abs(seconds);
    if (span > 7 * DAY) return then.toISOString().slice(0, 10);
    if (span < MINUTE && seconds > -5) return "just now";
    const [size, unit] = span >= DAY ? [DAY, "day"] : span >= HOUR ? [HOUR, "hour"] : span >= MINUTE ? [MINUTE, "minute"] : [1, "second"];
    const count = Math.floor(span / size), words = `${count} ${unit}${count === 1 ? "" : "s"}`;
    return seconds < 0 ? `in ${words}` : `${words} ago`;
  };
  const countOn = () => all("time.ago").forEach((time) => {
    const words = relative(new Date(time.dateTime));
    if (time.textContent !== words) time.textContent = words;
  });

  const prepare = () => {
    all("[data-copy], input.all").forEach((part) => { part.hidden = false; });
  };

  // ── live ──
  let missed = false, loading = false, last = 0;
  const say = (text, action) => {
    const live = document.getElementById("live");
    if (!live || live.dataset.said === text) return;
    live.dataset.said = text;
    live.textContent = text;
    if (action) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Show it";
      button.addEventListener("click", () => load());
      live.append(" ", button);
    }
  };
  // Whoever reads, chooses or writes is not interrupted.
  const isReading = () => {
    const selection = document.getSelection(), main = document.querySelector("main"), active = document.activeElement;
    return (selection && !selection.isCollapsed) || window.scrollY > 400 || document.querySelector("main details[open], tr.current, main input:checked")
      || (active && main.contains(active) && /^(INPUT|SELECT|TEXTAREA)$/.test(active.tagName));
  };
  const load = async () => {
    if (loading) return;
    loading = true;
    try {
      const address = new URL(location.href);
      address.searchParams.delete("action");
      const answer = await fetch(address, { headers: { accept: "text/html" } });
      if (!answer.ok) { say("not updated: the server answered " + answer.status); return; }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html"), main = page.querySelector("main[data-live]");
      if (!main) return;
      const done = document.querySelector("main .done");
      if (done) main.prepend(done);
      document.querySelector("main").replaceWith(main);
      document.title = page.title;
      document.querySelector("link[rel=icon]").href = page.querySelector("link[rel=icon]").href;
      for (const part of ["header .state", "footer .ago"]) document.querySelector(part).replaceWith(page.querySelector(part));
      missed = false; last = Date.now();
      prepare(); countOn(); say("live");
    } catch { say("not updated: the server does not answer"); } finally { loading = false; }
  };
  const changed = () => {
    missed = true;
    if (document.hidden) return;
    if (isReading()) say("paused while you read; something changed.", true);
    else if (Date.now() - last > 1500) load();
  };
  let stream;
  const listen = () => {
    if (!document.querySelector("main[data-live]") || !window.EventSource) return;
    stream = new EventSource("/changes");
    stream.addEventListener("changed", changed);
    stream.addEventListener("open", () => say("live"));
    stream.addEventListener("error", () => say("not live at the moment; it tries again"));
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden && missed) changed(); });
  window.addEventListener("pagehide", () => stream && stream.close());
  window.addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  setInterval(() => { countOn(); if (missed && !document.hidden && !isReading()) load(); }, 5000);

  // ── keys ──
  const rows = () => all("main tbody[role] tr");
  const move = (by) => {
    const list = rows(), at = list.findIndex((row) => row.classList.contains("current"));
    const next = list[Math.min(Math.max(at + by, 0), list.length - 1)];
    if (!next) return;
    list.forEach((row) => row.classList.remove("current"));
    next.classList.add("current");
    next.scrollIntoView({ block: "nearest" });
    const link = next.querySelector("a");
    if (link) link.focus({ preventScroll: true });
  };
  const replay = () => {
    const row = document.querySelector("tr.current"), box = row && row.querySelector("td.choice input");
    if (box) { location.href = "/plan?verb=replay&include_delivered=1&id=" + encodeURIComponent(box.value); return; }
    const button = document.querySelector("[data-key=r]");
    if (button && window.confirm("Replay this event?")) button.click();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "checkbox") {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const row = document.querySelector("tr.current");
    const keys = {
      "/": () => document.getElementById("search").focus(),
      j: () => move(1),
      k: () => move(-1),
      r: replay,
      x: () => { const box = row && row.querySelector("td.choice input"); if (box) box.checked = !box.checked; },
      Escape: () => row && row.classList.remove("current"),
    };
    if (!keys[event.key] || !document.getElementById("search")) return;
    event.preventDefault();
    keys[event.key]();
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copy).textContent;
    try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; } catch {
      getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
      button.textContent = "Selected: copy it";
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("input.all")) all("td.choice input").forEach((box) => { box.checked = event.target.checked; });
  });

  prepare(); countOn(); listen();
})();
