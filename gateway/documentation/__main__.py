"""Write every generated page: `python -m gateway.documentation`."""

from gateway.documentation.pages import DOCS, names, page

for name in names():
    path = DOCS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(name), "utf-8")
    print(f"docs/{name}")
