// What a page says of itself: one object, asked for once per visit.
() => {
  const seen = element => element.getClientRects().length > 0;
  const main = document.querySelector("main");
  const inLanguage = node => node.parentElement.closest("[lang]").lang;
  const told = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), at = walker.currentNode.parentElement;
    if (text && !/^(SCRIPT|STYLE)$/.test(at.tagName) && seen(at)) told.push([inLanguage(walker.currentNode), text]);
  }
  for (const element of document.querySelectorAll("[aria-label], [placeholder], [title], img[alt], [data-label]"))
    for (const name of ["aria-label", "placeholder", "title", "alt", "data-label"])
      if (element.getAttribute(name)) told.push([element.closest("[lang]").lang, element.getAttribute(name)]);
  return {
    lang: document.documentElement.lang,
    h1: document.querySelectorAll("h1").length,
    ways: main ? main.querySelectorAll("a[href], button").length : 0,
    links: [...document.querySelectorAll("a[href]")].map(one => one.href),
    forms: [...document.querySelectorAll("main form")].map(one => new URL(one.action).pathname + " " + one.method),
    told,
  };
}
