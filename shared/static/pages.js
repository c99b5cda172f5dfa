/* What pages gain with JavaScript (ES2019, see docs/browsers.md). Every form and link works without it. Nothing here is written into a page as HTML. */
(() => {
  "use strict";
  const one = (css, root = document) => root.querySelector(css), all = (css, root = document) => [...root.querySelectorAll(css)];
  const words = document.documentElement.lang === "en"
    ? { kept: "Saved at ", here: "The line is down. What you typed is kept on this computer.", back: "Text that was not saved has been found here, from ", use: "Put it back", drop: "Throw it away", out: "You are signed out. What you typed is kept on this computer: sign in in a new tab, then go on here.", other: "Somebody else has saved meanwhile. Press save to see both texts." }
    : { kept: "Đã lưu lúc ", here: "Mất mạng. Chữ bạn gõ còn ở máy này.", back: "Ở đây còn chữ chưa lưu, từ lúc ", use: "Khôi phục", drop: "Bỏ đi", out: "Phiên đã hết. Chữ bạn gõ còn ở máy này: hãy vào lại trong thẻ mới rồi viết tiếp ở đây.", other: "Có người vừa lưu nội dung khác. Bấm lưu để xem cả hai." };
  const clock = when => new Date(when).toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit" });
  const put = (tag, text, cls) => Object.assign(document.createElement(tag), { textContent: text, className: cls || "" });

  /* Lists change in place (htmx). What cannot be put there, for the session has ended or an error came, the browser opens
     as a page; whoever's link is gone with the old rows stands at the count. */
  let leaving = false; // a browser that leaves breaks off what is under way: that is no error to act upon
  addEventListener("beforeunload", () => { leaving = true; setTimeout(() => { leaving = false; }, 3000); });
  const boosted = ctx => Boolean(ctx && ctx.request && ctx.request.headers["HX-Boosted"]);
  const whole = event => { const { ctx } = event.detail; if (!leaving && boosted(ctx)) location.assign(ctx.request.action); };
  addEventListener("htmx:error", whole);
  addEventListener("htmx:response:error", whole);
  addEventListener("htmx:before:swap", event => { const { ctx, tasks } = event.detail; if (ctx.swap !== "none" && ctx.select && !tasks.some(task => task.type === "main" && task.fragment.childElementCount)) { event.preventDefault(); whole(event); } });
  addEventListener("htmx:after:swap", event => { const count = one("#so-dong"); if (boosted(event.detail.ctx) && count && document.activeElement === document.body) count.focus(); });

  /* How many tasks wait, where the page has no htmx or the browser is too old for it; what is down leaves the word alone. */
  if (window.fetch && !window.htmx) for (const count of all(".count[hx-get]")) fetch(count.getAttribute("hx-get")).then(r => r.ok && !r.redirected ? r.text() : "").then(n => { if (/^\d{1,4}\+?$/.test(n.trim())) count.textContent = n.trim(); }).catch(() => {});

  /* A form is sent once, however often its button is pressed; coming back by history frees it. */
  document.addEventListener("submit", event => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => all("button", form).forEach(b => b.setAttribute("aria-busy", "true")));
  });
  addEventListener("pageshow", () => all("form[data-sent]").forEach(form => { delete form.dataset.sent; all("button", form).forEach(b => b.removeAttribute("aria-busy")); }));

  /* Drafts: a copy in this browser at each pause, and saved on the server where the form says how (data-save). */
  const fields = form => all("textarea[name], input[name]:not([type=hidden],[type=file],[type=password],[type=checkbox],[type=radio])", form);
  const front = form => fields(form)[0] || form;
  const read = form => Object.fromEntries(fields(form).map(f => [f.name, f.value]));
  /* Whoever is sent on after a form (303) has been heard: the copy of that form goes. Any other answer leaves it here. */
  try {
    const sent = sessionStorage.getItem("gs-sent"), way = performance.getEntriesByType("navigation")[0];
    if (sent && way && way.redirectCount) sessionStorage.removeItem(sent);
    sessionStorage.removeItem("gs-sent");
  } catch { /* no store */ }
  for (const form of all("form[data-draft]")) {
    const key = "gs-draft:" + form.dataset.draft, told = form.appendChild(put("p", "", "saved"));
    told.setAttribute("role", "status");
    const first = JSON.stringify(read(form));
    let kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(key)); } catch { /* no store, or not ours */ }
    if (kept && kept.text && JSON.stringify(kept.text) !== first) {
      const bar = put("div", "", "alert notice t-wait"), box = bar.appendChild(put("div", "")), acts = put("div", "", "acts");
      const use = put("button", words.use, "btn btn-primary"), drop = put("button", words.drop, "btn");
      use.type = drop.type = "button";
      box.append(put("p", words.back + clock(kept.at) + "."), acts); acts.append(use, drop);
      form.prepend(bar);
      use.onclick = () => { for (const f of fields(form)) if (f.name in kept.text) f.value = kept.text[f.name]; bar.remove(); front(form).focus(); };
      drop.onclick = () => { sessionStorage.removeItem(key); bar.remove(); front(form).focus(); };
    } else try { sessionStorage.removeItem(key); } catch { /* no store */ }
    let wait;
    const save = async () => {
      const to = form.dataset.save;
      if (!to || !window.fetch || form.dataset.sent) return;
      try {
        const answer = await fetch(to, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } });
        if (answer.status === 204) told.textContent = ""; // nothing of it is kept there yet: the copy here stays
        else if (answer.ok) {
          const { version, at } = await answer.json(), field = one("input[name=version]", form);
          if (field && version !== undefined) field.value = version;
          told.textContent = words.kept + at;
          sessionStorage.removeItem(key);
        } else told.textContent = answer.status === 401 ? words.out : answer.status === 409 ? words.other : "";
      } catch { told.textContent = words.here; }
    };
    form.addEventListener("input", event => {
      if (event.isComposing) return;
      clearTimeout(wait);
      wait = setTimeout(() => {
        try { sessionStorage.setItem(key, JSON.stringify({ at: Date.now(), text: read(form) })); } catch { /* full or forbidden */ }
        save();
      }, 3000);
    });
    form.addEventListener("submit", () => { clearTimeout(wait); try { sessionStorage.setItem(key, JSON.stringify({ at: Date.now(), text: read(form) })); sessionStorage.setItem("gs-sent", key); } catch { /* no store */ } });
  }
  /* How ready a thing is, asked of the server at each pause (data-ready), told where the page says (data-ready-told). */
  for (const form of all("form[data-ready]")) {
    const told = one("[data-ready-told]");
    let wait, asked = 0;
    const ask = async () => {
      const number = ++asked;
      try {
        const answer = await fetch(form.dataset.ready, { method: "POST", body: new URLSearchParams(new FormData(form)) });
        if (!answer.ok || number !== asked) return;
        told.textContent = "";
        for (const line of (await answer.json()).lines) told.appendChild(put("p", line));
      } catch { /* the line is down: what stands there stays */ }
    };
    if (told && window.fetch) form.addEventListener("input", event => { if (!event.isComposing) { clearTimeout(wait); wait = setTimeout(ask, 700); } });
  }
  addEventListener("offline", () => all(".saved").forEach(told => { told.textContent = words.here; }));

  /* Photos are made smaller here before they are sent: a bad line carries 300 kB rather than 6 MB. */
  document.addEventListener("change", async event => {
    const input = event.target;
    if (input.type !== "file" || !window.createImageBitmap || !window.DataTransfer) return;
    const files = new DataTransfer();
    for (const file of input.files) {
      let made = file;
      if (/^image\/(jpeg|png|webp)$/.test(file.type) && file.size > 600000) try {
        const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }), scale = Math.min(1, 2000 / Math.max(bitmap.width, bitmap.height));
        const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(bitmap.width * scale), height: Math.round(bitmap.height * scale) });
        canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
        const blob = await new Promise(done => canvas.toBlob(done, "image/jpeg", .85));
        if (blob && blob.size < file.size) made = new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" });
      } catch { /* what cannot be read here the server looks at */ }
      files.items.add(made);
    }
    input.files = files.files;
  });

  /* Keys: «/» to the search box; in a list arrows move, Enter opens, Escape leaves. Never letters: input methods compose. */
  document.addEventListener("keydown", event => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.code === "Slash" && !event.shiftKey && !typing) { const box = one("#tim"); if (box) { event.preventDefault(); box.focus(); } return; }
    const list = event.target.closest && event.target.closest("[data-keys]");
    if (!list || typing) return;
    const links = all("tbody th a", list), at = links.findIndex(link => link.closest("tr").contains(event.target));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.code];
    if (to !== undefined && links[to]) { event.preventDefault(); links[to].focus(); }
  });
})();
