// What readers on a phone, without a mouse or without a screen need, and the theme leaves out.
addEventListener("load", () => {
  for (const code of document.querySelectorAll("td code .pre")) {
    const parts = code.textContent.split(/(?<=[._])/);
    code.replaceChildren(...parts.flatMap((part) => [part, document.createElement("wbr")])); // long names may break
  }
  for (const box of document.querySelectorAll(".table-wrapper, article pre, p:has(> img)"))
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0; // scrolls with the keyboard too
  for (const caption of document.querySelectorAll(".caption[role=heading]")) caption.ariaLevel = "2";
  for (const [drawer, name] of [["sidebar-drawer", "All pages"], ["toc-drawer", "On this page"]])
    document.querySelector(`aside.${drawer}`)?.setAttribute("aria-label", name);
});
