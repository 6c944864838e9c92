"""Write every generated page: `python -m gateway.documentation`."""

from gateway.documentation.pages import DOCS, pages

for name, content in pages().items():
    path = DOCS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")
    print(f"docs/{name}")
