"use strict";
(() => {
  const choice = document.getElementById("filter");
  const bar = document.getElementById("shown");
  if (!choice || !bar) return;

  const parts = [...document.querySelectorAll("section[data-severity], section[data-logs]")];
  const notes = [...document.querySelectorAll(".hidden-here")];
  const boxes = [...choice.querySelectorAll("input[name=severity]")];
  const log = choice.querySelector("select");
  const button = bar.querySelector("button");
  const status = bar.querySelector("[role=status]");
  const language = document.documentElement.lang;
  const said = (words, values) =>
    words.replace(/\{(\w+)\}/g, (_, name) => values[name].toLocaleString(language));
  const hidden = (part) => part.closest(".filtered") !== null;

  const choose = () => {
    const severities = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const chosen = log ? log.value : "";
    for (const part of parts) {
      const { severity, logs } = part.dataset;
      const other = (severity && !severities.has(severity))
        || (chosen && logs && !logs.split(" ").includes(chosen));
      part.classList.toggle("filtered", Boolean(other));
    }
    for (const note of notes) {
      const here = parts.filter((part) => part.parentElement === note.parentElement);
      const gone = here.filter(hidden).length;
      note.hidden = gone === 0;
      note.textContent = gone ? said(choice.dataset.here, { hidden: gone, all: here.length }) : "";
    }
    const gone = parts.filter(hidden).length;
    bar.classList.toggle("on", gone > 0);
    button.hidden = gone === 0;
    status.textContent = gone
      ? said(choice.dataset.shown, { shown: parts.length - gone, all: parts.length }) : "";
  };

  const all = () => {
    for (const box of boxes) box.checked = true;
    if (log) log.value = "";
    choose();
  };

  const reach = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && hidden(target)) {
      all();
      target.scrollIntoView();
    }
  };

  choice.parentElement.hidden = false;
  choice.addEventListener("change", choose);
  button.addEventListener("click", () => {
    all();
    document.getElementById("report").focus({ preventScroll: true });
  });
  addEventListener("hashchange", reach);

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of opened) each.open = false;
  });
  choose();
})();
