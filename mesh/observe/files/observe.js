"use strict";
// All of it is help: without it the pages show the same, in UTC.

const content = () => document.getElementById("content");

function localTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    const today = at.toDateString() === new Date().toDateString();
    time.textContent =
      (today ? "" : at.toLocaleDateString() + " ") +
      at.toTimeString().slice(0, 8) + "." + String(at.getMilliseconds()).padStart(3, "0");
  }
}

// The value under the pointer, or where the arrow keys lead.
function charts(root) {
  for (const figure of root.querySelectorAll("figure.metric")) {
    const lines = JSON.parse(figure.dataset.lines);
    const chart = figure.querySelector("svg");
    const said = figure.querySelector("output");
    const bins = lines[0].said.length;
    const cursor = document.createElementNS("http://www.w3.org/2000/svg", "line");
    cursor.setAttribute("class", "cursor");
    cursor.setAttribute("y1", "0");
    cursor.setAttribute("y2", "120");
    let place = bins - 1;
    const show = (wanted) => {
      place = Math.max(0, Math.min(bins - 1, wanted));
      const x = (place * 600) / (bins - 1);
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
      chart.append(cursor);
      const ago = Math.round(((bins - 1 - place) * Number(figure.dataset.binS)) / 60);
      const values = lines.filter((line) => line.said[place] !== null).map((line) => `${line.label} ${line.said[place]}`);
      said.textContent = `${ago} min ago: ${values.slice(0, 4).join(", ") || "nothing"}`;
    };
    const hide = () => { cursor.remove(); said.textContent = ""; };
    chart.setAttribute("tabindex", "0");
    chart.addEventListener("pointermove", (event) => {
      const box = chart.getBoundingClientRect();
      show(Math.round(((event.clientX - box.left) / box.width) * (bins - 1)));
    });
    chart.addEventListener("pointerleave", hide);
    chart.addEventListener("blur", hide);
    chart.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) { show(place + step); event.preventDefault(); }
    });
  }
}

function openTarget() {
  const target = location.hash.startsWith("#span-") && document.getElementById(location.hash.slice(1));
  if (target) { target.open = true; target.scrollIntoView({ block: "center" }); }
}

async function refresh() {
  const asked = location.href;
  const answer = await fetch(asked, { headers: { accept: "text/html" } });
  if (!answer.ok || asked !== location.href) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("content");
  const here = content();
  // Whoever writes a filter, or reads what they opened, is not disturbed.
  if (!fresh || here.querySelector("form")?.contains(document.activeElement) || here.querySelector("details[open]")) return;
  const focused = document.activeElement?.getAttribute?.("href");
  here.replaceChildren(...fresh.childNodes);
  begin(here);
  if (focused) here.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

function begin(root) { localTimes(root); charts(root); }

// j and k go from row to row, / to the filter.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  if (event.key === "/") {
    document.querySelector(".filters input")?.focus();
    event.preventDefault();
  } else if (event.key === "j" || event.key === "k") {
    const rows = [...content().querySelectorAll("a.row, .waterfall summary")];
    const at = rows.indexOf(document.activeElement);
    rows[event.key === "j" ? Math.min(rows.length - 1, at + 1) : Math.max(0, at - 1)]?.focus();
  }
});

const live = document.getElementById("live");
live.checked = sessionStorage.getItem("live") === "1";
live.addEventListener("change", () => sessionStorage.setItem("live", live.checked ? "1" : "0"));
setInterval(() => { if (live.checked && !document.hidden) refresh().catch(() => {}); }, 3000);

begin(document);
openTarget();
window.addEventListener("hashchange", openTarget);
