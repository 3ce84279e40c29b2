// Who reports to whom: somebody is dragged, with all who report to them, to whom they report. Each person's "Move" is the same
// by keyboard. The server decides; what it refuses goes back to its place.
const csrf = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? document.cookie.match(/csrftoken=([^;]+)/)?.[1] ?? "";
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 160;
const root = () => document.querySelector("[data-tree][data-failed]");

async function move(e) {
  if (e.to === e.from) return;
  const next = e.from.children[e.oldIndex] ?? null, back = () => (next ? next.before(e.item) : e.from.append(e.item));
  const body = new URLSearchParams({ manager: e.to.dataset.above, csrfmiddlewaretoken: csrf() });
  e.item.setAttribute("aria-busy", "true");
  const answer = await fetch(e.item.dataset.move, { method: "POST", body, redirect: "manual" }).catch(() => null);
  e.item.removeAttribute("aria-busy");
  if (answer?.type === "opaqueredirect") { location.reload(); return; }      // the message that it moved stands on the fresh page
  back();
  document.dispatchEvent(new CustomEvent("say", { detail: { text: root().dataset.failed, urgent: true, toast: true } }));
}

function ready() {
  if (!window.Sortable) return;
  document.querySelectorAll("[data-tree]:not([data-ready])").forEach((list) => {
    list.dataset.ready = "";
    new Sortable(list, { group: "people", sort: false, animation: calm, delay: 180, delayOnTouchOnly: true, draggable: ".tree-node", handle: ".order-grip", swapThreshold: 0.6, emptyInsertThreshold: 10, onEnd: move });
  });
}
ready();
