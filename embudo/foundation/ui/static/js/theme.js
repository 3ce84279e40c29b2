// Before the first paint, so a chosen theme never flashes.
try { const t = localStorage.getItem("theme"); if (t) document.documentElement.dataset.theme = t; } catch { /* storage is off */ }
document.documentElement.classList.add("js");
