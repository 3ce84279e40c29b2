// Verifying one entry: the function keys judge the value in focus, Ctrl+Enter ends it, and while somebody is at it the entry
// stays theirs. The keys are pressed by app.js, which asks whether the person wants them; here they are buttons.
const BEAT = 120_000, IDLE = 480_000;         // milliseconds: between two renewals; without a key or a click nobody is at it
const $ = (s, r = document) => r.querySelector(s);
const $$ = (s, r = document) => [...r.querySelectorAll(s)];
const page = () => $("#verify");
const form = () => $("#verdict");
function say(text, urgent = false) { document.dispatchEvent(new CustomEvent("say", { detail: { text, urgent } })); }

/* ---------- Judging ---------- */
let last = null;                              // the value that was in focus last: a button pressed by hand takes the focus away
const values = () => $$("[data-value]", form());
const radio = (value, judgement) => $(`input[type=radio][value=${judgement}]`, value);
const chosen = (value) => $("input[type=radio]:checked", value);
const current = () => document.activeElement?.closest?.("[data-value]") ?? (last?.isConnected ? last : null);
function visit(value) {                       // a group speaks its value when the focus enters it
  if (!value) { settle(); $("#verdict [data-default]").focus(); return; }
  (chosen(value) ?? radio(value, "right")).focus();
}
function mark(judgement, said) {
  const value = current(), all = values();
  if (!value) { visit(all.find((one) => !chosen(one)) ?? all[0]); return; }   // the first time: nothing is judged unheard
  const following = all[all.indexOf(value) + 1];
  if (judgement === "right" && document.activeElement.closest?.(".when-marked")) { visit(following); return; }   // said what is wrong: on
  radio(value, judgement).checked = true;
  say(said);
  settle();
  if (judgement === "wrong") $(".when-wrong select", value).focus();
  else visit(following);
}
// What Ctrl+Enter does follows from the marks.
function settle() {
  if (!$("#accept")) return;
  const isWrong = values().some((value) => chosen(value)?.value === "wrong"), hint = $("#verdict-hint");
  $("#accept").toggleAttribute("data-default", !isWrong);
  $("#reject").toggleAttribute("data-default", isWrong);
  hint.textContent = isWrong ? hint.dataset.reject : hint.dataset.accept;
}
document.addEventListener("focusin", (e) => { const value = e.target.closest?.("[data-value]"); if (value) last = value; });
document.addEventListener("change", (e) => { if (e.target.closest?.("[data-value]")) settle(); });
document.addEventListener("click", (e) => {
  const by = e.target.closest?.("[data-mark], [data-copy]");
  if (by?.dataset.mark) mark(by.dataset.mark, by.dataset.said);
  else if (by) copy(by.dataset.copy);
});
document.addEventListener("keydown", (e) => {   // where no form has the focus: the heading, a link
  if (!(e.ctrlKey || e.metaKey) || e.key !== "Enter" || e.target.form || $("dialog[open]")) return;
  const button = $("#verdict [data-default]");
  if (button) { e.preventDefault(); form().requestSubmit(button); }
});
async function copy(text) {
  try { await navigator.clipboard.writeText(text); } catch {   // without TLS browsers offer no clipboard
    const field = document.createElement("textarea"), back = document.activeElement;
    field.value = text; document.body.append(field); field.select(); document.execCommand("copy"); field.remove(); back?.focus();
  }
  say(page().dataset.copied);
}

/* ---------- The entry stays with whoever is at it ---------- */
let acted = Date.now(), renewed = Date.now(), isLapsed = false, isLost = false, isAsking = false;
function warn(text) {
  const notice = $("#lease-notice");
  notice.hidden = !text;
  $("p", notice).textContent = text;
  if (text) say(text, true);
}
async function renew() {
  const url = page()?.dataset.lease;
  if (!url || isLost || isAsking) return;
  isAsking = true;
  const body = new URLSearchParams({ csrfmiddlewaretoken: $("[name=csrfmiddlewaretoken]").value });
  const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  isAsking = false;
  if (answer?.ok) {
    renewed = Date.now();
    if (isLapsed) { isLapsed = false; warn(""); say(page().dataset.kept); }
  } else if (answer?.status === 409) {
    isLost = true;
    warn((await answer.json()).reason);
  }
}
function look() {
  const seconds = Number(page()?.dataset.seconds ?? 0);
  if (!seconds || isLost) return;
  const now = Date.now();
  if (!document.hidden && now - acted < IDLE && now - renewed >= BEAT) renew();
  else if (now - renewed >= seconds * 1000 && !isLapsed) { isLapsed = true; warn(page().dataset.lapsed); }
}
for (const act of ["keydown", "pointerdown", "input"]) document.addEventListener(act, () => { acted = Date.now(); if (isLapsed) renew(); }, { passive: true });
document.addEventListener("visibilitychange", look);
setInterval(look, 15_000);

document.addEventListener("htmx:after:swap", () => {   // the page came back: with errors, or taken again
  if (!form()) return;
  if ($("#standing")) isLost = true; else if (isLost) { isLost = isLapsed = false; renewed = Date.now(); }
  settle();
});
settle();
