// The pages work without this script. With it: search while typing, a draft that saves itself, and no mouse needed.

const dutch = document.documentElement.lang !== "en";
const t = (nl, en) => (dutch ? nl : en);
// A notification is kept as a draft while it is typed; a letter to another doctor is not.
const drafted = document.getElementById("melding"), form = drafted ?? document.getElementById("brief");
const byId = (id) => document.getElementById(id);
document.documentElement.classList.add("js");

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(byId(button.dataset.copy).textContent.trim());
    button.textContent = button.dataset.done;
  });
}

// ---- search in a code list: the combobox pattern of ARIA 1.2

function searchBox(box) {
  const { box: name, list, address = `/v1/codes/${list}` } = box.dataset;
  const input = box.querySelector(".combobox .textbox");
  const listbox = document.createElement("ul");
  let items = [], active = -1, timer = 0, asked = null, chooseFirst = false;

  // Without script the candidates are radio buttons; with it there is one hidden field.
  const candidates = box.querySelector(".candidates");
  if (candidates) {
    candidates.outerHTML = `<input type="hidden" name="${name}.code" value="">`;
  }
  const part = (which) => form.elements[`${name}.${which}`];

  Object.assign(listbox, { id: `${name}.list`, className: "combobox__list", role: "listbox", hidden: true });
  listbox.setAttribute("aria-label", box.querySelector("label").textContent.trim());
  input.after(listbox);
  for (const [attribute, value] of [
    ["role", "combobox"], ["aria-expanded", "false"], ["aria-controls", listbox.id], ["aria-autocomplete", "list"],
  ]) input.setAttribute(attribute, value);

  function close() {
    listbox.hidden = true;
    items = [];
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function point(at) {
    listbox.children[active]?.setAttribute("aria-selected", "false");
    active = at;
    const option = listbox.children[at];
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }

  function show(found) {
    items = found;
    listbox.replaceChildren(...found.map((item, at) => optionOf(item, at)));
    listbox.hidden = !found.length;
    input.setAttribute("aria-expanded", String(Boolean(found.length)));
    // A code finer than the list has is a good code: Enter must not trade it for the coarser one.
    point(found.length && found[0].how !== "coarser-code" ? 0 : -1);
    byId("live").textContent = found.length
      ? t(`${found.length} gevonden`, `${found.length} found`) : t("Niets gevonden", "Nothing found");
    if (chooseFirst) goOn();
  }

  // What Enter does once the answer is there: choose what is pointed at, or leave what was typed as it is.
  function goOn() {
    chooseFirst = false;
    if (active >= 0) return choose(active);
    close();
    focusNext(input);
  }

  function optionOf(item, at) {
    const option = document.createElement("li");
    Object.assign(option, { id: `${listbox.id}.${at}`, className: "combobox__option", role: "option" });
    option.setAttribute("aria-selected", "false");
    const code = Object.assign(document.createElement("span"), { className: "combobox__code", textContent: item.shown ?? item.code });
    option.append(Object.assign(document.createElement("span"), { textContent: item.label }), code);
    const notes = [];
    if (item.matched && item.matched.toLowerCase() !== item.label.toLowerCase()) notes.push(item.matched);
    if (list === "diagnosis" && item.complaint && !item.registrable) notes.push(t("klacht: telt niet", "complaint: does not count"));
    if (notes.length) option.append(Object.assign(document.createElement("small"), { textContent: notes.join(" · ") }));
    option.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(at); });
    return option;
  }

  function choose(at) {
    const item = items[at];
    input.value = item.label;
    part("q0").value = item.label;
    part("code").value = item.code;
    part("words").value = "";
    byId(`${name}.chosen`).textContent = item.shown ?? item.code;
    close();
    if (drafted) changed(60);
    focusNext(input);
  }

  async function search() {
    asked?.abort();
    asked = new AbortController();
    const q = input.value.trim();
    if (q.length < 2) {
      timer = 0;
      return chooseFirst ? goOn() : close();
    }
    try {
      const answer = await fetch(`${address}?${new URLSearchParams({ q, limit: 8 })}`, {
        signal: asked.signal, headers: { "Accept-Language": dutch ? "nl" : "en" },
      });
      if (answer.ok && document.activeElement === input) show((await answer.json()).items);
    } catch (error) {
      // Aborted by the next letter, or off-line: what was typed stays, and the server settles it later.
      if (error.name === "AbortError") return;
      if (chooseFirst) goOn();
      else close();
    }
    timer = 0;
  }

  input.addEventListener("input", () => {
    part("code").value = "";
    byId(`${name}.chosen`).textContent = "";
    clearTimeout(timer);
    timer = setTimeout(search, 120);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      event.stopPropagation();
      if (!timer) return goOn();
      chooseFirst = true;
      clearTimeout(timer);
      search();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && items.length) {
      event.preventDefault();
      point((active + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length);
    } else if (event.key === "Escape" && !listbox.hidden) {
      event.preventDefault();
      close();
    }
  });
}

// ---- the keyboard: Enter goes on to the next thing that is still open, Ctrl+Enter files

function isOpen(field) {
  if (field.type !== "radio" && field.type !== "checkbox") return !field.value.trim();
  const checked = form.querySelector(`input[name="${field.name}"]:checked`);
  return !checked || !checked.value;
}

function focusNext(from) {
  const open = [...form.querySelectorAll("[data-need]")].filter((field) => field.name !== from.name && isOpen(field));
  const after = open.find((field) => from.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING);
  (after ?? form.querySelector(".filing__end .button--primary, .filing__end .button"))?.focus();
}

function keyboard() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (event.ctrlKey || event.metaKey) {
      const file = form.querySelector('button[value="file"]');
      if (!file) return;
      event.preventDefault();
      form.requestSubmit(file);
    } else if (event.target.matches?.("#melding input")) {
      event.preventDefault();
      focusNext(event.target);
    }
  });
}

function jumpTo(event) {
  const link = event.target.closest('a[href^="#"]'), place = link && byId(decodeURIComponent(link.hash.slice(1)));
  if (!place) return;
  const field = place.matches("input, select, textarea") ? place : place.querySelector("input:checked, input, select, textarea");
  if (!field || place.contains(link)) return;
  event.preventDefault();
  field.closest("details")?.setAttribute("open", "");
  field.focus();
}

// ---- the draft: one request saves it and brings the verdict

const stashName = () => `arbobrug:${location.pathname}`;
let timer = 0, running = null, again = false, submitting = false, unsaved = false, kept = null;

function changed(delay = 1000) {
  unsaved = true;
  stash();
  clearTimeout(timer);
  timer = setTimeout(save, delay);
}

function typed() {
  const data = new FormData(form);
  for (const name of ["csrf", "key", "version", "minutesSpent"]) data.delete(name);
  return new URLSearchParams(data).toString();
}

function stash() {
  try { sessionStorage.setItem(stashName(), typed()); } catch { /* a full or closed store: the server has the draft */ }
}

function save() {
  clearTimeout(timer);
  if (running) {
    again = true;
    return running;
  }
  if (typed() === kept) return null;
  running = send().finally(() => {
    running = null;
    if (again) changed(0);
    again = false;
  });
  return running;
}

// Sends the form as the button with this value would.
function post(button, kind) {
  const body = new URLSearchParams(new FormData(form));
  body.set("do", button);
  return fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: kind } });
}

async function send() {
  const sent = typed();
  try {
    const answer = await post("live", "application/json"), isAnswer = answer.headers.get("content-type")?.includes("json");
    if (answer.status === 412 && isAnswer) return banner(await answer.json());
    if (!answer.ok || !isAnswer || answer.redirected) throw new Error(answer.redirected ? "signed-out" : "refused");
    const found = await answer.json();
    // Typed on while the request was under way: then the last words are not kept yet.
    const all = typed() === sent;
    apply(found);
    if (all) [kept, unsaved] = [typed(), false];
    // Why it is a signal is in no draft: it stays in the tab until it is sent.
    if (!all || form.elements.why?.value.trim()) stash();
    else sessionStorage.removeItem(stashName());
    banner(null);
  } catch (error) {
    const out = error.message === "signed-out";
    banner({
      message: out
        ? t("U bent afgemeld. Niet opgeslagen, wel bewaard in dit tabblad. ", "You are signed out. Not saved, but kept in this tab. ")
        : t("Niet opgeslagen, wel bewaard in dit tabblad. We proberen het opnieuw.", "Not saved, but kept in this tab. We try again."),
      link: out ? t("Meld u weer aan", "Sign in again") : "",
      address: out ? location.pathname : "",
    });
    if (!out) timer = setTimeout(save, 5000);
  }
}

function banner(said) {
  const place = byId("banner");
  place.hidden = !said;
  if (!said) return;
  byId("saved").textContent = "";
  place.textContent = said.message;
  if (said.link) place.append(Object.assign(document.createElement("a"), { href: said.address, textContent: said.link }));
}

function apply(answer) {
  if (answer.address !== form.getAttribute("action")) {
    form.setAttribute("action", answer.address);
    history.replaceState(null, "", answer.address);
  }
  form.elements.version.value = answer.version;
  byId("saved").textContent = answer.saved;
  const shown = [...byId("panel").querySelectorAll("details")].map((part) => part.open);
  byId("panel").innerHTML = answer.panel;
  byId("panel").querySelectorAll("details").forEach((part, at) => { part.open = shown[at] ?? false; });
  if (byId("bar").textContent !== answer.bar) byId("bar").textContent = byId("live").textContent = answer.bar;
  byId("override").hidden = !answer.asksReason;
  const criteria = byId("criteria");
  if (criteria.dataset.guideline !== answer.guideline) {
    criteria.dataset.guideline = answer.guideline;
    criteria.innerHTML = answer.criteria;
  }
  for (const [name, box] of Object.entries(answer.boxes)) applyBox(name, box);
  sayAtFields(answer);
}

function applyBox(name, box) {
  const input = byId(`${name}.q`);
  if (!input || input.value.trim() !== box.typed) return;
  form.elements[`${name}.q0`].value = input.value;
  form.elements[`${name}.code`].value = box.code;
  form.elements[`${name}.words`].value = box.words;
  byId(`${name}.chosen`).innerHTML = box.chosen;
}

function sayAtFields(answer) {
  for (const place of form.querySelectorAll("[data-error]")) {
    const name = place.dataset.error, field = byId(name), said = answer.errors[name] ?? "";
    // Half a number is no mistake yet; it is judged once the field is left.
    if (field === document.activeElement && field.inputMode) continue;
    place.textContent = said;
    place.closest(".form-field").classList.toggle("form-field--invalid", Boolean(said));
    if (!said) field?.removeAttribute("aria-invalid");
    else if (field?.matches("input, select, textarea")) field.setAttribute("aria-invalid", "true");
  }
  for (const place of form.querySelectorAll("[data-warning]")) place.textContent = answer.warnings[place.dataset.warning] ?? "";
  for (const place of form.querySelectorAll("[data-source]")) {
    const address = answer.sources[place.dataset.source];
    place.hidden = !address;
    if (address) place.href = address;
  }
  for (const place of form.querySelectorAll("[data-confirm]")) {
    const html = answer.doubts[place.dataset.confirm] ?? "";
    if (place.dataset.shown !== html) place.innerHTML = place.dataset.shown = html;
  }
}

function drafts() {
  form.addEventListener("input", (event) => changed(event.target.matches("[type=radio], [type=checkbox]") ? 150 : 1000));
  form.addEventListener("change", (event) => changed(event.target.matches("select, [type=text]") ? 150 : 400));
  form.addEventListener("submit", async (event) => {
    if (submitting) return event.preventDefault();
    if (/^(add|remove) /.test(event.submitter?.value)) {
      event.preventDefault();
      return reshape(event.submitter);
    }
    clearTimeout(timer);
    if (running) {
      // Wait for the draft that is on its way, or its version would refuse this one.
      event.preventDefault();
      again = false;
      await running;
      clearTimeout(timer);
      return form.requestSubmit(event.submitter);
    }
    submitting = true;
    unsaved = false;
  });
  addEventListener("pageshow", () => { submitting = false; });
  addEventListener("online", () => unsaved && save());
  addEventListener("beforeunload", (event) => { if (unsaved && !byId("banner").hidden) event.preventDefault(); });
}

// ---- rows: the server makes the page anew, as it does without script, and only its rows are taken over

async function reshape(button) {
  const part = button.closest("[data-rows]"), removed = button.closest("[data-row]");
  const at = [...part.querySelectorAll("[data-row]")].indexOf(removed);
  try {
    const page = new DOMParser().parseFromString(await (await post(button.value, "text/html")).text(), "text/html");
    part.replaceChildren(...page.getElementById(part.id).childNodes);
  } catch {
    return banner({ message: t("Dat lukte niet. Probeer het zo opnieuw.", "That did not work. Try again in a moment.") });
  }
  part.querySelectorAll("[data-box]").forEach(searchBox);
  const row = [...part.querySelectorAll("[data-row]")].at(at);
  (row?.querySelector("input:not([type=hidden])") ?? part.querySelector("button[value^=add]")).focus();
  if (!removed) return;
  byId("live").textContent = t("Weggehaald", "Removed");
  changed(0);
}

function offerStash() {
  const kept = sessionStorage.getItem(stashName());
  if (!kept || kept === typed()) return sessionStorage.removeItem(stashName());
  banner({ message: t("In dit tabblad staat nog tekst die niet was opgeslagen. ", "This tab holds text that was not saved. ") });
  const back = Object.assign(document.createElement("button"), { type: "button", className: "button button--small", textContent: t("Zet terug", "Put back") });
  back.addEventListener("click", () => {
    const values = new URLSearchParams(kept);
    for (const field of form.elements) {
      if (!field.name || field.type === "hidden" && !/\.(q0|code|words)$/.test(field.name) || !values.has(field.name) && !field.type.match(/radio|checkbox/)) continue;
      if (field.type === "radio" || field.type === "checkbox") field.checked = values.getAll(field.name).includes(field.value);
      else if (field.type !== "submit") field.value = values.get(field.name);
    }
    banner(null);
    changed(0);
  });
  byId("banner").append(back);
}

// ---- minutes: counted while somebody works on this page, and no longer once the field is filled in by hand

const MINUTES = "arbobrug:minutes", NEW = "/meldingen/nieuw";

// Which notification is timed; a new form has no address of its own yet, only its key.
function minutesPlace() {
  const action = form.getAttribute("action");
  return action === NEW ? NEW + form.elements.key.value : action;
}

// What this tab counted before a reload; a new form that became a draft is known by the minutes that it sent.
function keptMinutes(field) {
  const kept = JSON.parse(sessionStorage.getItem(MINUTES));
  const became = kept?.place.startsWith(NEW) && !minutesPlace().startsWith(NEW) && kept.shown === field.value;
  return became || kept?.place === minutesPlace() ? kept : null;
}

function countMinutes() {
  const field = form.elements.minutesSpent;
  const before = Number.parseInt(field.value, 10) || 0, kept = keptMinutes(field);
  // Minutes that were counted elsewhere were rounded up, so the next one starts after a whole minute of work here.
  let seconds = Math.max(kept?.seconds ?? 0, before * 60 - 59, 0), active = Date.now(), byHand = kept?.byHand ?? false;
  if (byHand) field.value = kept.shown;
  const show = () => {
    if (!byHand) field.value = String(Math.max(1, Math.ceil(seconds / 60)));
    const now = JSON.stringify({ place: minutesPlace(), shown: field.value, seconds, byHand });
    try { sessionStorage.setItem(MINUTES, now); } catch { /* then a reload counts on from the minutes in the field */ }
  };
  for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, () => { active = Date.now(); });
  field.addEventListener("input", () => { byHand = true; show(); });
  setInterval(() => {
    if (document.visibilityState === "visible" && Date.now() - active < 120_000) seconds += 5;
    show();
  }, 5000);
  show();
}

form?.querySelectorAll("[data-box]").forEach(searchBox);
document.querySelector("[data-focus]")?.focus();
if (drafted) {
  countMinutes();
  keyboard();
  form.ownerDocument.querySelector("main").addEventListener("click", jumpTo);
  drafts();
  offerStash();
} else {
  for (const name of Object.keys(sessionStorage)) if (name.startsWith("arbobrug:")) sessionStorage.removeItem(name);
}
